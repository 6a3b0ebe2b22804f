using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using VhdPS.Engine.Pages;

namespace VhdPS.Tests.Azure;

/// <summary>
/// Azurite, on loopback and in memory, for the tests of a class. Where it lies is in VHDPS_AZURITE, or else in the cache
/// folder of the user, where .ci/azurite.sh puts it.
/// </summary>
public sealed class AzuriteServer : IDisposable
{
    public const string Version = "3.37.0";

    private const string Account = "vhdps";
    private const string Container = "disks";

    private readonly Process? _process;
    private readonly StorageSharedKeyCredential? _credential;
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public AzuriteServer()
    {
        if (Script is not { } script)
        {
            return;
        }

        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var start = new ProcessStartInfo("node",
            [script, "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", "0", "--disableTelemetry"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{key}";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Look(line.Data);
        _process.ErrorDataReceived += (_, line) => Look(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _credential = new StorageSharedKeyCredential(Account, key);
        Task.Run(MakeContainerAsync).GetAwaiter().GetResult();
    }

    /// <summary>Azurite's script for blobs; null where it is not installed.</summary>
    public static string? Script { get; } = FindScript();

    private Uri Service => new($"{_address.Task.Result}/{Account}");

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    /// <summary>A URI with a signature for a blob that is not there yet.</summary>
    /// <param name="name">The blob; null for a new name.</param>
    /// <param name="permissions">The letters of the signature.</param>
    /// <param name="lifetime">From now on; negative for one that has expired.</param>
    public string Sign(string? name = null, string permissions = "racwd", TimeSpan? lifetime = null)
    {
        BlobUriBuilder builder = new(new Uri($"{Service}/{Container}/{name ?? $"disk{Interlocked.Increment(ref _count)}.vhd"}"));
        DateTimeOffset expiry = DateTimeOffset.UtcNow + (lifetime ?? TimeSpan.FromHours(1));
        var sas = new BlobSasBuilder
        {
            BlobContainerName = Container,
            BlobName = builder.BlobName,
            Resource = "b",
            ExpiresOn = expiry,
            StartsOn = expiry.AddDays(-2)
        };
        sas.SetPermissions(permissions);
        builder.Sas = sas.ToSasQueryParameters(_credential);
        return builder.ToUri().AbsoluteUri;
    }

    /// <summary>The address of a signed URI.</summary>
    internal PageBlobAddress NewAddress() => PageBlobAddress.Parse(Sign());

    private static string? FindScript()
    {
        string folder = Environment.GetEnvironmentVariable("VHDPS_AZURITE") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "vhdps", $"azurite-{Version}");
        string script = Path.Combine(folder, "node_modules", "azurite", "dist", "src", "blob", "main.js");
        return File.Exists(script) ? script : null;
    }

    private void Look(string? line)
    {
        const string sign = "listens on ";
        if (line?.IndexOf(sign, StringComparison.Ordinal) is int at and >= 0)
        {
            _address.TrySetResult(line[(at + sign.Length)..].Trim());
        }
        else if (line is null)
        {
            _address.TrySetException(new InvalidOperationException("Azurite ended."));
        }
    }

    private async Task MakeContainerAsync()
    {
        string address = await _address.Task.WaitAsync(TimeSpan.FromMinutes(1));
        var service = new BlobServiceClient(new Uri($"{address}/{Account}"), _credential,
            new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02));
        await service.GetBlobContainerClient(Container).CreateAsync();
    }
}

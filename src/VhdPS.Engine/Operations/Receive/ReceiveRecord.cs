using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Pages;

namespace VhdPS.Engine.Operations.Receive;

/// <summary>What lies beside a received image and says which snapshot of which blob it is. It holds no signature.</summary>
internal sealed record ReceiveRecord
{
    /// <summary>The blob's URI without its query.</summary>
    public required string Uri { get; init; }

    /// <summary>The snapshot's time; null where the URI itself names the snapshot, or there was none.</summary>
    public string? Snapshot { get; init; }

    /// <summary>The snapshot that only the changes since were received; null for a whole disk.</summary>
    public string? PreviousSnapshot { get; init; }

    /// <summary>The disk's size in bytes.</summary>
    public required long DiskSize { get; init; }

    /// <summary>SHA-256 of the disk, parents included.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Length of the file when it was received.</summary>
    public required long FileSize { get; init; }

    /// <summary>When the file was last written to then, UTC.</summary>
    public required DateTime LastWriteTime { get; init; }

    /// <summary>Where the record of an image lies.</summary>
    public static string PathFor(string imagePath) => imagePath + ".azure.json";

    /// <summary>Reads the record of an image; null where there is none, or none that can be read.</summary>
    public static ReceiveRecord? TryRead(string imagePath)
    {
        try
        {
            return SmallFile.TryRead(PathFor(imagePath)) is { } text
                ? JsonSerializer.Deserialize(text, ReceiveRecordJson.Default.ReceiveRecord)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the record of an image.</summary>
    internal void Write(string imagePath) => SmallFile.Replace(
        PathFor(imagePath), JsonSerializer.Serialize(this, ReceiveRecordJson.Default.ReceiveRecord) + "\n");

    /// <summary>Refuses a parent that is not the previous snapshot as far as its record says.</summary>
    /// <exception cref="TransferException">There is no record, it names another snapshot, or the image was changed since.</exception>
    internal static void ThrowIfOther(string parentPath, PageBlobAddress source, PreviousSnapshot previous, CancellationToken cancellation)
    {
        ReceiveRecord record = TryRead(parentPath) ?? throw new TransferException(
            parentPath, TransferFault.TransferRecordDiffers, $"there is no record of what was received at '{PathFor(parentPath)}'.");
        string wanted = previous.Address is { } address ? address.Target : source.Target;
        if (record.Uri != wanted || record.Snapshot != previous.Time)
        {
            throw new TransferException(
                parentPath,
                TransferFault.TransferRecordDiffers,
                $"the image was received from {Describe(record.Uri, record.Snapshot)}, and changes are asked "
                    + $"since {Describe(wanted, previous.Time)}.");
        }

        using DiskSource parent = DiskSource.Open(parentPath, SourceFormat.Vhd);
        bool isUntouched = parent.FileSize == record.FileSize && PartialFile.LastWriteTime(parentPath) == record.LastWriteTime;
        if (!isUntouched
            && System.Convert.ToHexString(
                DiskHash.Compute(parent, HashAlgorithmName.SHA256, progress: null, cancellation)) != record.Sha256)
        {
            throw new TransferException(
                parentPath,
                TransferFault.TransferRecordDiffers,
                string.Create(CultureInfo.InvariantCulture,
                    $"the disk was changed since it was received: its SHA-256 is not {record.Sha256}."));
        }
    }

    private static string Describe(string uri, string? snapshot) => snapshot is null ? $"'{uri}'" : $"the snapshot {snapshot} of '{uri}'";
}

/// <summary>Reads and writes the record of what was received without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(ReceiveRecord))]
internal sealed partial class ReceiveRecordJson : JsonSerializerContext;

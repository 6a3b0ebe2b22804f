using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;

namespace VhdPS;

/// <summary>What a user names as the source of a disk: a file, or the address of an export of an NBD server.</summary>
internal static class SourceArguments
{
    /// <summary>Whether a value is an address, and no path.</summary>
    public static bool IsRemote(string value) => NbdUri.IsNbd(value);

    /// <summary>How servers are trusted.</summary>
    public static NbdClientOptions ToClientOptions(X509Certificate2[] trustedCA, bool skipCertificateCheck) => new()
    {
        TrustedAuthorities = trustedCA.Length > 0 ? [.. trustedCA] : null,
        SkipCertificateCheck = skipCertificateCheck,
    };

    /// <summary>Opens a source; of a server the bytes of the disk, whatever format is named.</summary>
    public static DiskSource Open(
        string source, SourceFormat format, VhdOpenOptions options, NbdClientOptions client, CancellationToken cancellation) =>
        DiskSources.Open(source, format, options, client, cancellation);

    /// <summary>The name of a file that is made from an export: the last part of the export's, where that is one.</summary>
    public static string FileName(string source)
    {
        string name = Path.GetFileName(NbdUri.Parse(source).ExportName);
        bool isUsable = name.Length > 0 && name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && name is not ("." or "..");
        return isUsable ? name : "disk";
    }
}

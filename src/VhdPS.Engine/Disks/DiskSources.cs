using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;

namespace VhdPS.Engine.Disks;

/// <summary>
/// Opens the source that fits what is to be read: the one place that knows all kinds of sources. Which kind of image a file is
/// says its content; that a file, or a device, is a raw disk says the caller.
/// </summary>
internal static class DiskSources
{
    /// <summary>Opens what a user names: the address of an export of an NBD server, which is a disk whatever format is named, or a
    /// path.</summary>
    public static DiskSource Open(
        string source, SourceFormat format, VhdOpenOptions options, NbdClientOptions client, CancellationToken cancellation) =>
        NbdUri.IsNbd(source) ? Connect(source, client, options.RateLimit, cancellation) : Open(source, format, options);

    /// <summary>Connects to the export at an address.</summary>
    public static DiskSource Connect(string uri, NbdClientOptions? client, RateLimit? limit, CancellationToken cancellation) =>
        new RemoteDiskSource(new NbdFile(NbdSource.Open(NbdUri.Parse(uri), client, cancellation)) { RateLimit = limit });

    /// <summary>Opens what a path names.</summary>
    public static DiskSource Open(string path, SourceFormat format, VhdOpenOptions options)
    {
        ImageFile file = format == SourceFormat.Raw && DeviceFile.IsDevice(path)
            ? DeviceFile.Open(path, options.Force || options.AllowDeviceInUse)
            : LocalImageFile.OpenReadToDelete(path);
        file.RateLimit = options.RateLimit;
        return Open(file, format, options);
    }

    /// <summary>Reads an open file and owns it from then on, also when it is refused.</summary>
    public static DiskSource Open(ImageFile file, SourceFormat format, VhdOpenOptions options)
    {
        if (format == SourceFormat.Raw)
        {
            return new RawDiskSource(file, options);
        }

        VhdFormat content;
        try
        {
            content = FormatProbe.Of(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return OpenAs(file, content, options);
    }

    /// <summary>Reads an open file as an image of a format and owns it from then on, also when it is refused.</summary>
    public static DiskSource OpenAs(ImageFile file, VhdFormat format, VhdOpenOptions options) => format == VhdFormat.Vhdx
        ? VhdxDiskSource.Open(file, options)
        : new ImageDiskSource(file, VhdImage.Open(file, options), options);
}

using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>A block device, open for reading and shared with other readers. Known on Linux alone.</summary>
internal sealed class DeviceFile : ReadOnlyImageFile
{
    private const uint TypeMask = 0xF000;
    private const uint TypeBlockDevice = 0x6000;

    private readonly SafeFileHandle _handle;

    private DeviceFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = LinuxDevice.LengthOf(handle);
        (LogicalSectorSize, PhysicalSectorSize) = LinuxDevice.SectorSizesOf(handle);
        Identity = PlatformFile.Current.Stat(handle, path).Identity;
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long SizeOnDisk => Length;

    /// <inheritdoc/>
    public override FileIdentity Identity { get; }

    /// <summary>Bytes of a sector as the device shows it.</summary>
    public int LogicalSectorSize { get; }

    /// <summary>Bytes of a sector as the device recommends to write it.</summary>
    public int PhysicalSectorSize { get; }

    /// <summary>Whether a path names a block device.</summary>
    public static bool IsDevice(string path) =>
        OperatingSystem.IsLinux() && PlatformFile.Current.Stat(path) is { Kind: FileKind.Other } facts
        && (facts.Mode & TypeMask) == TypeBlockDevice;

    /// <summary>Opens a device.</summary>
    /// <param name="path">The device.</param>
    /// <param name="force">Whether it is read although it is in use, so that what is read may never have been on it at one time.</param>
    /// <exception cref="VhdOperationException">It, or a part of it, is mounted for writing or in other use.</exception>
    /// <exception cref="ImageAccessException">This user may not read it.</exception>
    /// <exception cref="ImageIOException">It could not be opened.</exception>
    public static DeviceFile Open(string path, bool force)
    {
        SafeFileHandle? handle = null;
        try
        {
            if (!force && LinuxDevice.IsClaimed(path))
            {
                FileFacts facts = PlatformFile.Current.Stat(path);
                if (!LinuxDevice.IsMountedForReadingOnly(facts.DeviceMajor, facts.DeviceMinor))
                {
                    throw new VhdOperationException(
                        path, OperationError.DeviceInUse, "the device, or a part of it, is mounted for writing or in other use.")
                    {
                        IsOverridable = true,
                    };
                }
            }

            handle = PlatformFile.Current.OpenUnlocked(path);
            return new DeviceFile(path, handle);
        }
        catch (UnauthorizedAccessException error)
        {
            handle?.Dispose();
            throw new ImageAccessException(path, "this user may not read it", error);
        }
        catch (IOException error) when (error is not (FileNotFoundException or VhdException))
        {
            handle?.Dispose();
            throw new ImageIOException(path, ImageIOOperation.Open, null, error);
        }
    }

    /// <inheritdoc/>
    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        RateLimit?.Wait(buffer.Length);
        try
        {
            return WholeRead.At(_handle, fileOffset, buffer);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ImageIOException(Path, ImageIOOperation.Read, fileOffset, error);
        }
    }

    /// <inheritdoc/>
    public override void Prefetch(long fileOffset, long length) => PlatformFile.Current.Prefetch(_handle, fileOffset, length);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _handle.Dispose();
}

using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>What .NET does not offer on files, for the system that runs.</summary>
internal abstract class PlatformFile
{
    public static readonly PlatformFile Current =
        OperatingSystem.IsWindows() ? new WindowsFile()
        : OperatingSystem.IsMacOS() ? new MacFile()
        : OperatingSystem.IsLinux() ? new LinuxFile()
        : new PortableFile();

    /// <summary>Looks at a path without opening it, so that a pipe cannot block and a device is not touched.</summary>
    public virtual FileFacts Stat(string path)
    {
        FileKind kind = Directory.Exists(path) ? FileKind.Directory : File.Exists(path) ? FileKind.Regular : FileKind.Missing;
        return new FileFacts(kind, ByPath(path), null);
    }

    /// <summary>Opens a regular file for reading, whoever has it open meanwhile and however.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public virtual SafeFileHandle OpenUnlocked(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Looks at an open file.</summary>
    public virtual FileFacts Stat(SafeFileHandle handle, string path) => new(FileKind.Regular, ByPath(path), null);

    /// <summary>See <see cref="ImageFile.TryFindData"/>; null where the system does not tell.</summary>
    public virtual (long Offset, long End)? FindData(SafeFileHandle handle, long fileOffset, long length) =>
        fileOffset < length ? (fileOffset, length) : null;

    /// <summary>See <see cref="ImageFile.TryPunchHole"/>.</summary>
    public virtual bool PunchHole(SafeFileHandle handle, long fileOffset, long length) => false;

    /// <summary>See <see cref="ImageFile.Reserve"/>.</summary>
    public virtual void Reserve(SafeFileHandle handle, long fileOffset, long length)
    {
    }

    /// <summary>See <see cref="ImageFile.Prefetch"/>.</summary>
    public virtual void Prefetch(SafeFileHandle handle, long fileOffset, long length)
    {
    }

    /// <summary>
    /// Tells other programs, by the locks that they look at, what the handle is for; false where one of them has the file.
    /// </summary>
    public virtual bool TryClaim(SafeFileHandle handle, bool forWriting) => true;

    /// <summary>Takes back what <see cref="TryClaim"/> told.</summary>
    public virtual void ReleaseClaim(SafeFileHandle handle)
    {
    }

    /// <summary>Puts a folder's entries on the medium, so that a rename in it outlives a power cut.</summary>
    public virtual void SyncFolder(string folder)
    {
    }

    /// <summary>Bytes that the caller may still write in a folder; null where the system does not tell.</summary>
    public virtual long? FreeBytes(string folder) => Ask(folder, static volume => (long?)volume.AvailableFreeSpace);

    /// <summary>What the system calls the file system of a folder; null where it does not tell.</summary>
    public virtual string? FileSystemName(string folder) => Ask(folder, static volume => volume.DriveFormat);

    /// <summary>The path with the long form of names that Windows also knows by a short one; as it stands where there is none.</summary>
    public virtual string WithLongNames(string path) => path;

    protected static FileIdentity ByPath(string path) => new(0, 0, 0, System.IO.Path.GetFullPath(path));

    private static T? Ask<T>(string folder, Func<DriveInfo, T?> question)
    {
        try
        {
            return question(new DriveInfo(folder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return default;
        }
    }
}

/// <summary>A system of which nothing more is known than .NET says.</summary>
internal sealed class PortableFile : PlatformFile
{
}

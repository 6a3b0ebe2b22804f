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

    private static readonly SharingProbe NoSharing = new(0, "it is not known how to on this system");

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

    /// <summary>See <see cref="ImageFile.TryShare"/>.</summary>
    public virtual string? Share(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long fileOffset) =>
        NoSharing.Refusal;

    /// <summary>Whether new files in a folder can share extents of an open file; nothing is left there.</summary>
    public virtual SharingProbe ProbeSharing(SafeFileHandle source, string folder) => NoSharing;

    /// <summary>See <see cref="ImageFile.Reserve"/>.</summary>
    public virtual void Reserve(SafeFileHandle handle, long fileOffset, long length)
    {
    }

    /// <summary>See <see cref="ImageFile.Prefetch"/>.</summary>
    public virtual void Prefetch(SafeFileHandle handle, long fileOffset, long length)
    {
    }

    /// <summary>
    /// Announces to other programs, by the locks that they look at, what the handle is for; false where one of them has the file.
    /// </summary>
    public virtual bool TryClaim(SafeFileHandle handle, bool forWriting) => true;

    /// <summary>Takes back what <see cref="TryClaim"/> announced.</summary>
    public virtual void ReleaseClaim(SafeFileHandle handle)
    {
    }

    /// <summary>Returns when the file's data and length are on the medium.</summary>
    /// <exception cref="IOException">The medium did not take them; HResult is the system's error.</exception>
    public virtual void Sync(SafeFileHandle handle) => RandomAccess.FlushToDisk(handle);

    /// <summary>Opens a folder so that its entries can be synced; null where the system needs no such sync.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public virtual SafeFileHandle? OpenFolder(string folder) => null;

    /// <summary>Puts a folder's entries on the medium, so that a rename in it outlives a power cut.</summary>
    /// <param name="handle">From <see cref="OpenFolder"/>.</param>
    /// <exception cref="IOException">The medium did not take them.</exception>
    public virtual void SyncFolder(SafeFileHandle handle)
    {
    }

    /// <summary>Opens a folder, syncs its entries and closes it.</summary>
    /// <exception cref="ImageIOException">The folder cannot be opened, or the medium did not take its entries.</exception>
    public void SyncFolder(string folder)
    {
        try
        {
            using SafeFileHandle? handle = OpenFolder(folder);
            if (handle is not null)
            {
                SyncFolder(handle);
            }
        }
        catch (IOException error)
        {
            throw new ImageIOException(folder, ImageIOOperation.Flush, null, error);
        }
    }

    /// <summary>Gives a file another name on its volume where nothing has that name yet.</summary>
    /// <exception cref="IOException">The name is taken, or the rename failed.</exception>
    public virtual void RenameToNew(string path, string newPath) => File.Move(path, newPath, overwrite: false);

    /// <summary>Gives a file the name of another, which ceases to have it, in one step.</summary>
    /// <param name="path">The new file.</param>
    /// <param name="targetPath">The name that it takes.</param>
    /// <param name="release">Closes the file that is replaced; called first where the system renames over no open file.</param>
    /// <exception cref="IOException">The rename failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file does not allow it.</exception>
    public virtual void RenameOver(string path, string targetPath, Action release)
    {
        release();
        File.Move(path, targetPath, overwrite: true);
    }

    /// <summary>Whether a rename or a deletion may have failed because another program has the file open for a moment.</summary>
    public virtual bool MayBeHeld(Exception error) => false;

    /// <summary>Gives a new file owner, group, mode, access list and attributes of another.</summary>
    /// <returns>What could not be given.</returns>
    public virtual IReadOnlyList<LostProtection> CopyProtection(OpenedFile source, OpenedFile target) => [];

    /// <summary>The mode, before the umask, to make a file with whose content comes from others: no more readable than they are.</summary>
    public virtual UnixFileMode ModeOfCopy(IEnumerable<string> sourcePaths, string folder) =>
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Takes from a new file what would let more users read it than may read its sources.</summary>
    /// <param name="sourcePaths">The files whose content goes into the new one.</param>
    /// <param name="target">The new file.</param>
    public virtual void Restrict(IEnumerable<string> sourcePaths, OpenedFile target)
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

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>What Linux and macOS share; the numbers of the calls differ.</summary>
internal abstract partial class UnixFile : PlatformFile
{
    private const int InterruptedErrno = 4;
    private const int NotPermittedErrno = 1;
    private const int NoSuchEntryErrno = 2;
    private const int AccessDeniedErrno = 13;
    private const int InvalidErrno = 22;
    private const uint Unchanged = uint.MaxValue;
    private const uint PermissionMask = 0xFFF;
    private const uint GroupBits = 0x38;
    private const uint SetIdBits = 0xC00;
    private const uint SetGroupBit = 0x400;
    private const uint UsualMode = 0x1B6;
    private const uint TypeMask = 0xF000;
    private const uint TypeRegular = 0x8000;
    private const uint TypeDirectory = 0x4000;

    /// <summary>Whether new files have the group of their folder whatever its mode says.</summary>
    protected abstract bool TakesGroupOfFolder { get; }

    /// <summary>O_CLOEXEC: a process that is started meanwhile gets no copy.</summary>
    protected abstract int CloseOnExec { get; }

    /// <summary>.NET takes a lock at every open, and fails where a writer has one.</summary>
    public override SafeFileHandle OpenUnlocked(string path)
    {
        try
        {
            return OpenToRead(path);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new FileNotFoundException(error.Message, path);
        }
    }

    public override void Sync(SafeFileHandle handle) => Retry(() => Fsync(handle));

    public override SafeFileHandle? OpenFolder(string folder)
    {
        try
        {
            return OpenToRead(folder);
        }
        catch (DirectoryNotFoundException)
        {
            throw new DirectoryNotFoundException($"Could not find the folder '{folder}'.");
        }
    }

    public override void SyncFolder(SafeFileHandle handle)
    {
        try
        {
            Retry(() => Fsync(handle));
        }
        catch (IOException error) when (error.HResult == InvalidErrno)
        {
            // QUIRK(cifs, some FUSE): a file system without a sync of folders says that the call is invalid; there is no other.
        }
    }

    public override void RenameOver(string path, string targetPath, Action release) => Retry(() => Rename(path, targetPath));

    public override void RenameToNew(string path, string newPath)
    {
        // A second name is never given over an existing one, whatever else happens meanwhile.
        Retry(() => Link(path, newPath));
        Retry(() => Unlink(path));
    }

    public override IReadOnlyList<LostProtection> CopyProtection(OpenedFile source, OpenedFile target)
    {
        FileFacts old = Stat(source.Handle, source.Path), made = Stat(target.Handle, target.Path);
        var lost = new List<LostProtection>();
        bool isGroupKept = old.GroupId == made.GroupId || ChangeOwner(target.Handle, Unchanged, old.GroupId) == 0;
        bool isUserKept = old.UserId == made.UserId || ChangeOwner(target.Handle, old.UserId, Unchanged) == 0;
        if (!isUserKept)
        {
            lost.Add(new LostProtection($"owner {old.UserId}", IsAccess: true));
        }

        uint mode = old.Mode & PermissionMask;
        if (!isGroupKept)
        {
            lost.Add(new LostProtection($"group {old.GroupId}", IsAccess: true));

            // Another group may not do more than everyone may.
            mode = (mode & ~GroupBits) | (mode & GroupBits & (mode << 3));
        }

        mode = isUserKept && isGroupKept ? mode : mode & ~SetIdBits;
        Retry(() => ChangeMode(target.Handle, mode));
        CopyAttributes(source, target, lost);
        return lost;
    }

    public override UnixFileMode ModeOfCopy(IEnumerable<string> sourcePaths, string folder)
    {
        FileFacts holder = Stat(folder);
        uint group = TakesGroupOfFolder || (holder.Mode & SetGroupBit) != 0 ? holder.GroupId : EffectiveGroup();
        return (UnixFileMode)Restrict(UsualMode, group, sourcePaths);
    }

    public override void Restrict(IEnumerable<string> sourcePaths, OpenedFile target)
    {
        FileFacts made = Stat(target.Handle, target.Path);
        uint mode = Restrict(made.Mode & PermissionMask, made.GroupId, sourcePaths);
        if (sourcePaths.Any() && HasAccessList(target.Path))
        {
            // The folder gave it a list, of which the group bits are the most that it gives.
            mode = (mode & ~GroupBits) | (mode & GroupBits & (mode << 3));
        }

        if (mode != (made.Mode & PermissionMask))
        {
            Retry(() => ChangeMode(target.Handle, mode));
        }
    }

    /// <summary>
    /// Gives a new file the access list and the attributes of another; what cannot be given is added to <paramref name="lost"/>.
    /// </summary>
    protected abstract void CopyAttributes(OpenedFile source, OpenedFile target, ICollection<LostProtection> lost);

    /// <summary>Whether more than owner, group and mode decides who may use a file.</summary>
    protected abstract bool HasAccessList(string path);

    private uint Restrict(uint mode, uint group, IEnumerable<string> sourcePaths)
    {
        foreach (string path in sourcePaths)
        {
            FileFacts source = Stat(path);
            if (source.Kind is FileKind.Missing or FileKind.Directory)
            {
                continue;
            }

            uint allowed = source.Mode & PermissionMask;

            // Another group gets what everyone gets, and so does the group of a file with an access list, whose group bits
            // say what the list gives at most.
            bool isSameGroup = source.GroupId == group && !HasAccessList(path);
            allowed = isSameGroup ? allowed : (allowed & ~GroupBits) | (allowed & GroupBits & (allowed << 3));
            mode &= allowed | (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return mode;
    }

    /// <summary>Calls the system until it is not interrupted by a signal.</summary>
    /// <exception cref="IOException">The call failed; HResult is errno.</exception>
    /// <exception cref="UnauthorizedAccessException">The call failed for want of rights.</exception>
    protected static void Retry(Func<int> call)
    {
        while (call() < 0)
        {
            ThrowUnlessInterrupted();
        }
    }

    private SafeFileHandle OpenToRead(string path)
    {
        int descriptor = -1;
        Retry(() => descriptor = Open(path, CloseOnExec));
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static void ThrowUnlessInterrupted()
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno == InterruptedErrno)
        {
            return;
        }

        string message = Marshal.GetPInvokeErrorMessage(errno);
        throw errno switch
        {
            NotPermittedErrno or AccessDeniedErrno => new UnauthorizedAccessException(message),
            NoSuchEntryErrno => new DirectoryNotFoundException(message),
            _ => new IOException(message, errno),
        };
    }

    /// <summary>After a failed look: that there is no such file, or only a link to none, which .NET takes for a file; else null.</summary>
    protected static FileFacts? NotThere(string path) =>
        Marshal.GetLastPInvokeError() == NoSuchEntryErrno ? new FileFacts(FileKind.Missing, ByPath(path), null) : null;

    protected static FileKind KindOf(uint mode) => (mode & TypeMask) switch
    {
        TypeRegular => FileKind.Regular,
        TypeDirectory => FileKind.Directory,
        _ => FileKind.Other,
    };

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Rename(string path, string newPath);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string path, string newPath);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeMode(SafeFileHandle handle, uint mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwner(SafeFileHandle handle, uint userId, uint groupId);
}

using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>A regular file of the machine. Readers share; a writer has the file to itself.</summary>
internal sealed class LocalImageFile : ImageFile
{
    private const int MaxOpenTries = 20;

    private readonly SafeFileHandle _handle;
    private readonly string _ownPath;
    private readonly FileStamp _stamp;
    private readonly bool _isLocked;
    private bool _isNew;
    private FileStream? _stream;
    private ImageIOException? _syncFailure;
    private volatile bool _isWritten;
    private bool _isCounted;
    private long _length;

    private LocalImageFile(
        string path, string ownPath, SafeFileHandle handle, bool canWrite, FileIdentity identity, bool isLocked = true)
    {
        _isLocked = isLocked;
        Path = path;
        _ownPath = ownPath;
        _handle = handle;
        CanWrite = canWrite;
        Identity = identity;
        _stamp = ReadStamp();
        _length = _stamp.Length;
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override bool CanWrite { get; }

    /// <inheritdoc/>
    public override long Length => Interlocked.Read(ref _length);

    /// <inheritdoc/>
    public override long SizeOnDisk => PlatformFile.Current.Stat(_handle, Path).SizeOnDisk ?? Length;

    /// <inheritdoc/>
    public override DateTime LastWriteTime => File.GetLastWriteTimeUtc(_handle);

    /// <inheritdoc/>
    public override FileAttributes? WindowsAttributes => OperatingSystem.IsWindows() ? File.GetAttributes(_handle) : null;

    /// <inheritdoc/>
    public override FileIdentity Identity { get; }

    /// <summary>The open file, for system calls that take one.</summary>
    internal SafeFileHandle Handle => _handle;

    /// <summary>
    /// Whether another program has written to the file, cut it, or put another in its place since it was opened. Of a file
    /// that was written through this handle only the last is known.
    /// </summary>
    internal override bool HasChanged => !IsNamedByPath || (!_isWritten && ReadStamp() != _stamp);

    /// <summary>Refuses a result that was read from the file when it is no longer what it was when it was opened.</summary>
    /// <exception cref="ImageInUseException">Another program has changed or replaced it.</exception>
    internal void ThrowIfChanged()
    {
        if (HasChanged)
        {
            throw new ImageInUseException(Path, forWriting: false);
        }
    }

    /// <summary>Whether the path that the file was opened by still names it.</summary>
    internal bool IsNamedByPath => Names(_ownPath, Identity);

    /// <summary>The file and its own path, which is not that of a link to it.</summary>
    internal OpenedFile Opened => new(_handle, _ownPath);

    /// <summary>Identity, length and time of the last write as the system says now.</summary>
    internal FileStamp ReadStamp() => new(Identity, RandomAccess.GetLength(_handle), LastWriteTime);

    /// <summary>Opens an existing file for reading, shared with other readers.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    public static LocalImageFile OpenRead(string path) => Open(path, FileMode.Open, FileAccess.Read, FileShare.Read);

    /// <summary>Opens an existing file for looking at it, whoever writes to it meanwhile. Windows refuses where a writer does not
    /// share.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer does not share it.</exception>
    public static LocalImageFile OpenUnlocked(string path) =>
        Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>As <see cref="OpenRead"/>; the file may be deleted while it is open.</summary>
    internal static LocalImageFile OpenReadToDelete(string path) =>
        Open(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);

    /// <summary>As <see cref="OpenWrite"/>; another file may take its place while it is open.</summary>
    internal static LocalImageFile OpenToReplace(string path)
    {
        // Elsewhere than on Windows every open file may be renamed over, and only this sharing locks it.
        return Open(path, FileMode.Open, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
    }

    /// <summary>Opens an existing file for reading and writing, for this handle alone.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">Someone has it open.</exception>
    public static LocalImageFile OpenWrite(string path) => Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Makes a new, empty file.</summary>
    /// <exception cref="VhdOperationException">The path exists.</exception>
    public static LocalImageFile CreateNew(string path)
    {
        // FileMode.Create over an existing file makes ext4 flush at close; CreateNew does not, and never destroys anything.
        return Open(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Makes a new file that is to take another name.</summary>
    /// <param name="path">Where it is for now.</param>
    /// <param name="finalPath">What messages name.</param>
    /// <param name="mode">Who may use it on Unix from its first moment on, less what the umask takes.</param>
    /// <exception cref="IOException">The path exists, or the file could not be made.</exception>
    internal static LocalImageFile CreateForRename(string path, string finalPath, UnixFileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        // Only a stream can be made with a mode. Without a buffer it is nothing but its handle.
        var stream = new FileStream(path, options);
        SafeFileHandle handle = stream.SafeFileHandle;
        PlatformFile.Current.TryClaim(handle, forWriting: true);
        FileIdentity identity = PlatformFile.Current.Stat(handle, path).Identity;
        return new LocalImageFile(finalPath, path, handle, canWrite: true, identity) { _stream = stream, _isNew = true };
    }

    /// <inheritdoc/>
    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        RateLimit?.Wait(buffer.Length);
        try
        {
            return WholeRead.At(_handle, fileOffset, buffer);
        }
        catch (Exception error) when (IsSystemError(error))
        {
            throw new ImageIOException(Path, ImageIOOperation.Read, fileOffset, error);
        }
    }

    /// <inheritdoc/>
    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        try
        {
            _isWritten = true;
            if (_isNew || fileOffset + data.Length > Length)
            {
                PiecewiseWrite.At(_handle, fileOffset, data);
            }
            else
            {
                RandomAccess.Write(_handle, data, fileOffset);
            }

            RaiseLength(fileOffset + data.Length);
        }
        catch (Exception error) when (IsSystemError(error))
        {
            _length = RandomAccess.GetLength(_handle);
            throw new ImageIOException(Path, ImageIOOperation.Write, fileOffset, error);
        }
    }

    /// <inheritdoc/>
    public override void SetLength(long length)
    {
        try
        {
            _isWritten = true;
            RandomAccess.SetLength(_handle, length);
            _length = length;
        }
        catch (Exception error) when (IsSystemError(error))
        {
            throw new ImageIOException(Path, ImageIOOperation.SetLength, length, error);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // A system reports a failed sync once and then forgets what it could not write: no later sync makes up for it.
        if (_syncFailure is { } earlier)
        {
            throw new ImageIOException(Path, ImageIOOperation.Flush, null, earlier.InnerException!);
        }

        try
        {
            PlatformFile.Current.Sync(_handle);
        }
        catch (Exception error) when (IsSystemError(error))
        {
            throw _syncFailure = new ImageIOException(Path, ImageIOOperation.Flush, null, error);
        }
    }

    /// <inheritdoc/>
    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
    {
        (long Offset, long End)? found = PlatformFile.Current.FindData(_handle, fileOffset, Length);
        (dataOffset, dataEnd) = found ?? (Length, Length);
        return found is not null;
    }

    /// <inheritdoc/>
    public override bool TryPunchHole(long fileOffset, long length)
    {
        _isWritten = true;
        return PlatformFile.Current.PunchHole(_handle, fileOffset, length);
    }

    /// <inheritdoc/>
    internal override LocalImageFile? ShareSource => _isLocked ? this : null;

    /// <inheritdoc/>
    internal override string? TryShare(LocalImageFile source, long sourceOffset, long length, long fileOffset)
    {
        if (source.HasChanged)
        {
            return "the source was changed meanwhile";
        }

        _isWritten = true;
        string? refusal = PlatformFile.Current.Share(source._handle, sourceOffset, length, _handle, fileOffset);
        RaiseLength(refusal is null ? fileOffset + length : RandomAccess.GetLength(_handle));
        return refusal;
    }

    /// <inheritdoc/>
    public override void Reserve(long fileOffset, long length) => PlatformFile.Current.Reserve(_handle, fileOffset, length);

    /// <inheritdoc/>
    public override void Prefetch(long fileOffset, long length) => PlatformFile.Current.Prefetch(_handle, fileOffset, length);

    /// <summary>
    /// Deletes the file that is open, not a link that led to it, and closes it. It stays deleted after a power cut.
    /// </summary>
    /// <exception cref="ImageInUseException">Another file has taken its place meanwhile; that one is left alone.</exception>
    /// <exception cref="ImageAccessException">This user may not delete it.</exception>
    /// <exception cref="ImageIOException">It could not be deleted.</exception>
    internal void Delete()
    {
        string ownPath = RealPath.Resolve(System.IO.Path.GetFullPath(_ownPath)) ?? _ownPath;
        if (!Names(ownPath, Identity))
        {
            throw new ImageInUseException(Path, forWriting: true);
        }

        try
        {
            // The lock is held until the name is gone: nobody writes to what is about to vanish.
            HeldFile.Retry(() => File.Delete(ownPath));
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ImageAccessException(Path, "this user may not delete it", error);
        }
        catch (Exception error) when (IsSystemError(error))
        {
            throw new ImageIOException(Path, ImageIOOperation.Delete, null, error);
        }

        Dispose();
        try
        {
            PlatformFile.Current.SyncFolder(System.IO.Path.GetDirectoryName(ownPath)!);
        }
        catch (Exception error) when (IsSystemError(error))
        {
            throw new ImageIOException(Path, ImageIOOperation.Flush, null, error);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_handle.IsClosed)
        {
            if (_isCounted)
            {
                OpenFiles.Remove(Identity);
            }

            PlatformFile.Current.ReleaseClaim(_handle);
            _handle.Dispose();
            _stream?.Dispose();
        }
    }

    private static LocalImageFile Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        path = LocalPath.Judge(path);

        // The kind is asked by name first: opening a pipe would wait for its other end.
        FileKind kind = PlatformFile.Current.Stat(path).Kind;
        if (mode == FileMode.CreateNew && kind != FileKind.Missing)
        {
            throw new VhdOperationException(path, OperationError.TargetExists, "the file exists already.") { IsOverridable = true };
        }

        if (kind == FileKind.Missing && RealPath.IsLink(path))
        {
            throw RealPath.DanglingLink(path);
        }

        ThrowIfNotRegular(path, kind);
        bool forWriting = access == FileAccess.ReadWrite;
        try
        {
            for (int tries = 1; ; tries++)
            {
                if (TryOpen(path, mode, access, share) is { } file)
                {
                    file._isNew = mode == FileMode.CreateNew;
                    return file;
                }

                if (tries == MaxOpenTries)
                {
                    throw InUse(path, forWriting);
                }
            }
        }
        catch (IOException error) when (IsSharingViolation(error.HResult))
        {
            throw InUse(path, forWriting, error);
        }
        catch (UnauthorizedAccessException error)
        {
            string reason = forWriting ? "this user may not write to it, or it is marked as read-only" : "this user may not read it";
            throw new ImageAccessException(path, reason, error);
        }
        catch (IOException error) when (
            error is not (ImageInUseException or FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new ImageIOException(path, ImageIOOperation.Open, null, error);
        }
    }

    private static ImageInUseException InUse(string path, bool forWriting, Exception? inner = null) =>
        OpenFiles.Contains(PlatformFile.Current.Stat(path).Identity)
            ? ImageInUseException.Here(path, inner)
            : new ImageInUseException(path, forWriting, inner);

    /// <summary>Null where another file took the path's place before this one was locked: its bytes are no one's any more.</summary>
    private static LocalImageFile? TryOpen(string path, FileMode mode, FileAccess access, FileShare share)
    {
        bool forWriting = access == FileAccess.ReadWrite;
        bool isLocked = !share.HasFlag(FileShare.Write);
        SafeFileHandle handle = isLocked ? File.OpenHandle(path, mode, access, share) : PlatformFile.Current.OpenUnlocked(path);
        LocalImageFile? opened = null;
        try
        {
            // Again by the open file: a name can change what it names, and Windows distinguishes devices only by a handle.
            FileFacts facts = PlatformFile.Current.Stat(handle, path);
            ThrowIfNotRegular(path, facts.Kind);
            if (isLocked && !PlatformFile.Current.TryClaim(handle, forWriting))
            {
                throw InUse(path, forWriting);
            }

            opened = Names(path, facts.Identity)
                ? new LocalImageFile(path, path, handle, forWriting, facts.Identity, isLocked)
                : null;
            if (isLocked && opened is not null)
            {
                opened._isCounted = true;
                OpenFiles.Add(opened.Identity);
            }

            return opened;
        }
        finally
        {
            if (opened is null)
            {
                PlatformFile.Current.ReleaseClaim(handle);
                handle.Dispose();
            }
        }
    }

    /// <summary>Whether a path names a file; true where only an open handle would tell.</summary>
    private static bool Names(string path, FileIdentity identity)
    {
        FileFacts facts = PlatformFile.Current.Stat(path);
        return facts.Kind != FileKind.Missing
            && (facts.Identity.FullPath.Length != 0 || identity.FullPath.Length != 0 || facts.Identity == identity);
    }

    /// <summary>Refuses what is no regular file.</summary>
    internal static void ThrowIfNotRegular(string path, FileKind kind)
    {
        if (kind is FileKind.Directory or FileKind.Other)
        {
            string actual = kind == FileKind.Directory ? "a folder" : "a device, pipe or socket";
            throw new VhdFormatException(path, new Finding(
                FaultCode.NotRegularFile, VhdStructure.File, null, "a regular file", actual, "The path does not name a file."));
        }
    }

    private void RaiseLength(long end)
    {
        long known;
        do
        {
            known = Interlocked.Read(ref _length);
        }
        while (end > known && Interlocked.CompareExchange(ref _length, end, known) != known);
    }

    // ArgumentOutOfRangeException: so .NET reports a file that would pass a limit of its size.
    private static bool IsSystemError(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    private static bool IsSharingViolation(int hresult) =>
        OperatingSystem.IsWindows() ? hresult is unchecked((int)0x80070020) or unchecked((int)0x80070021)
        : OperatingSystem.IsMacOS() ? hresult == 35
        : hresult == 11;
}

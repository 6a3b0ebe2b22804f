using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>A regular file of the machine. Readers share; a writer has the file to itself.</summary>
public sealed class LocalImageFile : ImageFile
{
    private readonly SafeFileHandle _handle;
    private long _length;

    private LocalImageFile(string path, SafeFileHandle handle, bool canWrite, FileIdentity identity)
    {
        Path = path;
        _handle = handle;
        CanWrite = canWrite;
        _length = RandomAccess.GetLength(handle);
        Identity = identity;
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

    /// <summary>Opens an existing file for reading, shared with other readers.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    public static LocalImageFile OpenRead(string path) => Open(path, FileMode.Open, FileAccess.Read, FileShare.Read);

    /// <summary>Opens an existing file for looking at it, whoever writes to it meanwhile. Windows refuses where a writer does not share.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer does not share it.</exception>
    public static LocalImageFile OpenUnlocked(string path) =>
        Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

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

    /// <inheritdoc/>
    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        try
        {
            int total = 0;
            while (total < buffer.Length)
            {
                int count = RandomAccess.Read(_handle, buffer[total..], fileOffset + total);
                if (count == 0)
                {
                    break;
                }

                total += count;
            }

            return total;
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
            RandomAccess.Write(_handle, data, fileOffset);
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
        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception error) when (IsSystemError(error))
        {
            throw new ImageIOException(Path, ImageIOOperation.Flush, null, error);
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
    public override bool TryPunchHole(long fileOffset, long length) =>
        PlatformFile.Current.PunchHole(_handle, fileOffset, length);

    /// <inheritdoc/>
    public override void Reserve(long fileOffset, long length) => PlatformFile.Current.Reserve(_handle, fileOffset, length);

    /// <inheritdoc/>
    public override void Prefetch(long fileOffset, long length) => PlatformFile.Current.Prefetch(_handle, fileOffset, length);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_handle.IsClosed)
        {
            PlatformFile.Current.ReleaseClaim(_handle);
            _handle.Dispose();
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

        ThrowIfNotRegular(path, kind);
        try
        {
            bool isLocked = share is FileShare.None or FileShare.Read;
            SafeFileHandle handle = isLocked ? File.OpenHandle(path, mode, access, share) : PlatformFile.Current.OpenUnlocked(path);
            try
            {
                // Again by the open file: a name can change what it names, and Windows tells devices only by a handle.
                FileFacts facts = PlatformFile.Current.Stat(handle, path);
                ThrowIfNotRegular(path, facts.Kind);
                if (isLocked && !PlatformFile.Current.TryClaim(handle, access == FileAccess.ReadWrite))
                {
                    throw new ImageInUseException(path, access == FileAccess.ReadWrite);
                }

                return new LocalImageFile(path, handle, access == FileAccess.ReadWrite, facts.Identity);
            }
            catch
            {
                PlatformFile.Current.ReleaseClaim(handle);
                handle.Dispose();
                throw;
            }
        }
        catch (IOException error) when (IsSharingViolation(error.HResult))
        {
            throw new ImageInUseException(path, access == FileAccess.ReadWrite, error);
        }
        catch (IOException error) when (error is not (ImageInUseException or FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new ImageIOException(path, ImageIOOperation.Open, null, error);
        }
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
    private static bool IsSystemError(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    private static bool IsSharingViolation(int hresult) =>
        OperatingSystem.IsWindows() ? hresult is unchecked((int)0x80070020) or unchecked((int)0x80070021)
        : OperatingSystem.IsMacOS() ? hresult == 35
        : hresult == 11;
}

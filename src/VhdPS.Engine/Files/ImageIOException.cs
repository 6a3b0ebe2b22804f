using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>What an operation on a file was doing when it failed.</summary>
public enum ImageIOOperation
{
    /// <summary>Opening or creating.</summary>
    Open,

    /// <summary>Reading.</summary>
    Read,

    /// <summary>Writing.</summary>
    Write,

    /// <summary>Setting the length.</summary>
    SetLength,

    /// <summary>Waiting for the medium.</summary>
    Flush,

    /// <summary>Putting a new file in the place of another.</summary>
    Replace,

    /// <summary>Reading back what was written.</summary>
    Verify,

    /// <summary>Deleting.</summary>
    Delete,
}

/// <summary>An input or output error, with the file, what was being done and where.</summary>
public sealed class ImageIOException : VhdException
{
    private const int Win32Facility = unchecked((int)0x80070000);
    private const int HandleDiskFull = 39;
    private const int DiskFull = 112;
    private const int FileTooLarge = 223;

    // NTFS: a file so fragmented that its list of extents has no more space.
    private const int FileSystemLimitation = 665;
    private const int DiskQuotaExceeded = 1295;
    private const int NoSpaceErrno = 28;
    private const int FileTooBigErrno = 27;
    private const int LinuxQuotaErrno = 122;
    private const int MacQuotaErrno = 69;

    /// <summary>Wraps what the system said.</summary>
    public ImageIOException(string path, ImageIOOperation operation, long? fileOffset, Exception inner)
        : base(path, Describe(operation, fileOffset, inner), inner)
    {
        Operation = operation;
        FileOffset = fileOffset;
        HResult = inner.HResult;
    }

    /// <summary>Says why a whole new file did not get its name.</summary>
    internal ImageIOException(string path, string message, Exception inner)
        : base(path, message, inner)
    {
        Operation = ImageIOOperation.Replace;
        HResult = inner.HResult;
    }

    /// <summary>What was being done.</summary>
    public ImageIOOperation Operation { get; }

    /// <summary>Bytes from the start of the file, where one place was meant.</summary>
    public long? FileOffset { get; }

    /// <summary>Whether the medium is full.</summary>
    public bool IsDiskFull => InnerException is { } inner && SaysFull(inner);

    /// <summary>Whether <paramref name="hresult"/> says that the medium is full or a size limit is reached.</summary>
    internal static bool IsDiskFullCode(int hresult) =>
        (hresult & ~0xFFFF) == Win32Facility
            ? (hresult & 0xFFFF) is HandleDiskFull or DiskFull or FileTooLarge or FileSystemLimitation or DiskQuotaExceeded
            : hresult is NoSpaceErrno or FileTooBigErrno or LinuxQuotaErrno or MacQuotaErrno;

    // .NET turns EFBIG, a file system's or a user's limit on the size of a file, into an ArgumentOutOfRangeException.
    private static bool SaysFull(Exception inner) => inner is ArgumentOutOfRangeException || IsDiskFullCode(inner.HResult);

    /// <summary>The system ends with the path that it was given: that of a new file is not its name yet, and the message begins with the
    /// name that it is to have.</summary>
    private static string WithoutPath(string message) =>
        message.EndsWith('\'') && message.IndexOf(" : '", StringComparison.Ordinal) is > 0 and int end ? $"{message[..end]}." : message;

    private static string Describe(ImageIOOperation operation, long? fileOffset, Exception inner)
    {
        string what = operation switch
        {
            ImageIOOperation.Open => "opening",
            ImageIOOperation.Read => "reading",
            ImageIOOperation.Write => "writing",
            ImageIOOperation.SetLength => "setting the length of",
            ImageIOOperation.Flush => "syncing",
            ImageIOOperation.Replace => "replacing",
            ImageIOOperation.Delete => "deleting",
            _ => "verifying",
        };
        string where = fileOffset is { } offset ? $" at offset {offset}" : string.Empty;
        string why = SaysFull(inner) ? "the disk is full or a size limit is reached" : WithoutPath(inner.Message);
        return $"{what} failed{where}: {why}";
    }
}

/// <summary>Another process, or another handle of this one, has the file open in a way that rules this out.</summary>
public sealed class ImageInUseException : VhdException
{
    /// <summary>Names the file and what was wanted.</summary>
    public ImageInUseException(string path, bool forWriting, Exception? inner = null)
        : base(path, Describe(forWriting), inner)
    {
    }

    /// <summary>Names the file, which this process itself has open.</summary>
    internal static ImageInUseException Here(string path, Exception? inner = null) => new(path, inner);

    private ImageInUseException(string path, Exception? inner)
        : base(path, "in use: this session has the image open itself.", inner)
    {
        IsOpenHere = true;
    }

    /// <summary>Whether it is this process that has the file open.</summary>
    internal bool IsOpenHere { get; }

    private static string Describe(bool forWriting) =>
        $"in use: another program has the image open{(forWriting ? string.Empty : " for writing")}. Close it and try again.";
}

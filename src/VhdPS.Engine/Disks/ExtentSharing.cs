using VhdPS.Engine.Files;

namespace VhdPS.Engine.Disks;

/// <summary>
/// Lets a new file have the extents of the files that a disk lies in, where their file system can: nothing is copied there. May
/// be used on several threads at once, for ranges of the new file that do not touch.
/// </summary>
/// <param name="target">The new file.</param>
/// <param name="clusterBytes">What offsets and lengths must be multiples of.</param>
internal sealed class ExtentSharing(ImageFile target, int clusterBytes)
{
    /// <summary>Fewer bytes are copied: a call for each costs as much, and the file would be in pieces.</summary>
    public const int LeastBytes = 64 * 1024;

    private readonly object _gate = new();
    private long _sharedBytes;
    private long _misplacedBytes;
    private volatile string? _refusal;

    /// <summary>Bytes that are shared so far.</summary>
    public long SharedBytes => Interlocked.Read(ref _sharedBytes);

    /// <summary>Why not all is shared, as a sentence without its stop; null where nothing speaks against it.</summary>
    public string? Note => _refusal is { } refusal ? $"Not all is shared with the source: {refusal}"
        : Interlocked.Read(ref _misplacedBytes) is > 0 and var bytes
            ? FormattableString.Invariant(
                $"{bytes} bytes are copied and not shared: in the source they do not lie on clusters of {clusterBytes} bytes")
        : null;

    /// <summary>Shares the first piece of a run that can be.</summary>
    /// <param name="run">Where the bytes lie.</param>
    /// <param name="fileOffset">Where they go, in bytes from the start of the new file.</param>
    /// <returns>Bytes at the run's start that are to be copied, and those after them that are shared; more of the run may
    /// follow.</returns>
    public (long CopiedBytes, long SharedBytes) ShareFirst(StoredRun run, long fileOffset)
    {
        if (_refusal is not null)
        {
            return (run.Length, 0);
        }

        (long headBytes, long length) = Fit(run, fileOffset, clusterBytes, out bool isMisplaced);
        if (length == 0)
        {
            Interlocked.Add(ref _misplacedBytes, isMisplaced ? run.Length : 0);
            return (run.Length, 0);
        }

        if (target.TryShare(run.File!, run.FileOffset + headBytes, length, fileOffset + headBytes) is { } refusal)
        {
            lock (_gate)
            {
                _refusal ??= refusal;
            }

            return (run.Length, 0);
        }

        Interlocked.Add(ref _sharedBytes, length);
        return (headBytes, length);
    }

    /// <summary>The piece of a run that can be shared: bytes before it, and its length, 0 where there is none.</summary>
    internal static (long HeadBytes, long Length) Fit(StoredRun run, long fileOffset, int clusterBytes, out bool isMisplaced)
    {
        long headBytes = (clusterBytes - (fileOffset % clusterBytes)) % clusterBytes;
        long length = run.Length - headBytes;
        length -= length % clusterBytes;
        bool isLong = run.File is not null && length >= LeastBytes;
        isMisplaced = isLong && (run.FileOffset + headBytes) % clusterBytes != 0;
        return isLong && !isMisplaced ? (headBytes, length) : (run.Length, 0);
    }
}

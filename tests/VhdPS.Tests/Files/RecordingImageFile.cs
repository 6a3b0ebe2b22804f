using VhdPS.Engine.Files;


namespace VhdPS.Tests.Files;

/// <summary>What changed a file, or promised that changes last.</summary>
internal enum ChangeKind
{
    Write,
    SetLength,
    Flush,
}

/// <summary>One change of a file.</summary>
/// <param name="Kind">Which call.</param>
/// <param name="FileOffset">Of a write; the new length of a SetLength.</param>
/// <param name="Data">Of a write.</param>
internal sealed record Change(ChangeKind Kind, long FileOffset, byte[] Data)
{
    /// <summary>The first byte behind a write.</summary>
    public long End => FileOffset + Data.Length;

    /// <summary>Whether a write touches a range.</summary>
    public bool Touches(long offset, long length) => Kind == ChangeKind.Write && FileOffset < offset + length && offset < End;
}

/// <summary>Passes everything on to another file, keeps the changes in order, and fails one of them when told to.</summary>
internal sealed class RecordingImageFile(ImageFile inner) : PassThroughImageFile(inner)
{
    private const int IOErrorErrno = 5;

    private readonly List<Change> _changes = [];

    /// <summary>The changes so far, the failed one included.</summary>
    public IReadOnlyList<Change> Changes => _changes;

    /// <summary>Number of the change that fails, counted from 0; -1 for none.</summary>
    public int FailAt { get; set; } = -1;

    /// <summary>Whether every change behind the failed one fails too, as on a disk that is gone.</summary>
    public bool StaysBroken { get; set; }

    /// <summary>How much of a failing write gets into the file all the same.</summary>
    public int BytesOfFailedWrite { get; set; }

    /// <summary>Whether a change has failed.</summary>
    public bool HasFailed { get; private set; }

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        if (IsToFail(new Change(ChangeKind.Write, fileOffset, data.ToArray())))
        {
            base.WriteAt(fileOffset, data[..Math.Min(data.Length, BytesOfFailedWrite)]);
            throw Failure(ImageIOOperation.Write, fileOffset);
        }

        base.WriteAt(fileOffset, data);
    }

    public override void SetLength(long length)
    {
        if (IsToFail(new Change(ChangeKind.SetLength, length, [])))
        {
            throw Failure(ImageIOOperation.SetLength, length);
        }

        base.SetLength(length);
    }

    public override void Flush()
    {
        if (IsToFail(new Change(ChangeKind.Flush, 0, [])))
        {
            throw Failure(ImageIOOperation.Flush, null);
        }

        base.Flush();
    }

    /// <summary>A hole is no change that is kept, so there are none.</summary>
    public override bool TryPunchHole(long fileOffset, long length) => false;

    private bool IsToFail(Change change)
    {
        bool isToFail = _changes.Count == FailAt || (StaysBroken && HasFailed);
        HasFailed |= isToFail;
        _changes.Add(change);
        return isToFail;
    }

    private ImageIOException Failure(ImageIOOperation operation, long? fileOffset) =>
        new(Path, operation, fileOffset, new IOException("Input/output error", IOErrorErrno));
}

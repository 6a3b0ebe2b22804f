using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// Changes that may reach the medium in any order, any of them alone, and leave an image that is as good as before. A sync
/// follows each phase.
/// </summary>
internal sealed class RepairPhase
{
    private readonly List<FileEdit> _edits = [];
    private byte[] _lastOld = [];
    private byte[] _lastNew = [];

    internal RepairPhase(IEnumerable<FileEdit>? edits = null) => _edits.AddRange(edits ?? []);

    /// <summary>The changes.</summary>
    public IReadOnlyList<FileEdit> Edits => _edits;

    /// <summary>Adds those sectors of <paramref name="bytes"/> in which the file differs.</summary>
    internal void Put(ImageFile file, long fileOffset, ReadOnlySpan<byte> bytes)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(bytes.Length);
        Span<byte> old = rented.AsSpan(0, bytes.Length);
        int oldLength = fileOffset >= file.Length ? 0 : file.ReadAt(fileOffset, old);
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, VhdSpec.SectorSize - (int)((fileOffset + at) % VhdSpec.SectorSize));
            int known = Math.Clamp(oldLength - at, 0, length);
            if (known < length || !bytes.Slice(at, length).SequenceEqual(old.Slice(at, length)))
            {
                _lastOld = Share(old.Slice(at, known), _lastOld);
                _lastNew = Share(bytes.Slice(at, length), _lastNew);
                _edits.Add(new FileEdit(fileOffset + at, _lastOld, _lastNew));
            }

            at += length;
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>A hundred thousand sectors of a table can be equal: such a row of them is in memory once.</summary>
    private static byte[] Share(ReadOnlySpan<byte> bytes, byte[] last) => bytes.SequenceEqual(last) ? last : bytes.ToArray();

    /// <summary>Adds a cut of the file to <paramref name="length"/> bytes.</summary>
    internal void Cut(ImageFile file, long length)
    {
        byte[] old = new byte[file.Length - length];
        file.ReadAt(length, old);
        _edits.Add(new FileEdit(length, old, ReadOnlyMemory<byte>.Empty));
    }
}

/// <summary>One change of a file, with what it replaces.</summary>
/// <param name="FileOffset">Where, in bytes; where nothing new is written, the length that the file is cut to.</param>
/// <param name="OldBytes">What the file held there; shorter than the new bytes where the file ended.</param>
/// <param name="NewBytes">What it is to hold; empty for a cut.</param>
internal sealed record FileEdit(long FileOffset, ReadOnlyMemory<byte> OldBytes, ReadOnlyMemory<byte> NewBytes)
{
    /// <summary>Whether it takes the end of the file off.</summary>
    public bool IsCut => NewBytes.IsEmpty;

    /// <summary>The length that a file of <paramref name="length"/> bytes has afterwards.</summary>
    public long LengthAfter(long length) => IsCut ? FileOffset : Math.Max(length, FileOffset + NewBytes.Length);
}

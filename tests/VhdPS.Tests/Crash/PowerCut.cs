using VhdPS.Tests.Files;


namespace VhdPS.Tests.Crash;

/// <summary>
/// What a medium may hold when the power goes: everything up to the last flush that returned, and of the changes since any
/// part, in pieces of one sector. A piece is a sector of a write, the length that a write or a SetLength gives, or a cut.
/// </summary>
internal sealed class PowerCut
{
    /// <summary>Up to so many pieces every subset is tried.</summary>
    public const int ExhaustivePieces = 10;

    private const int SectorSize = 512;

    private readonly IReadOnlyList<Change> _changes;
    private readonly List<Piece> _pieces = [];
    private byte[] _durable;
    private long _durableLength;

    public PowerCut(ReadOnlySpan<byte> initial, IReadOnlyList<Change> changes)
    {
        _changes = changes;
        _durable = initial.ToArray();
        _durableLength = initial.Length;
    }

    /// <summary>One state that the medium may be in.</summary>
    /// <param name="ChangeCount">Changes that were begun; those up to the last flush among them are whole.</param>
    /// <param name="Bytes">The file.</param>
    public readonly record struct State(int ChangeCount, byte[] Bytes);

    /// <summary>
    /// The states at every point. Where more than <see cref="ExhaustivePieces"/> pieces are open, <paramref name="samples"/>
    /// of their subsets: all, none, each lost alone for the first few, and random ones.
    /// </summary>
    public IEnumerable<State> Enumerate(Random random, int samples)
    {
        yield return new State(0, Apply([]));
        for (int index = 0; index < _changes.Count; index++)
        {
            Change change = _changes[index];
            if (change.Kind == ChangeKind.Flush)
            {
                MakeDurable();
                yield return new State(index + 1, Apply([]));
                continue;
            }

            int before = _pieces.Count;
            AddPieces(change);
            foreach (bool[] subset in Subsets(before, _pieces.Count, random, samples))
            {
                yield return new State(index + 1, Apply(subset));
            }
        }
    }

    /// <summary>Subsets with at least one of the pieces from <paramref name="firstNew"/> on: the others came before.</summary>
    private static IEnumerable<bool[]> Subsets(int firstNew, int count, Random random, int samples)
    {
        if (count <= ExhaustivePieces)
        {
            for (int bits = 1; bits < 1 << count; bits++)
            {
                if (bits >> firstNew != 0)
                {
                    int chosen = bits;
                    yield return [.. Enumerable.Range(0, count).Select(piece => (chosen >> piece & 1) != 0)];
                }
            }

            yield break;
        }

        yield return [.. Enumerable.Repeat(true, count)];
        yield return [.. Enumerable.Range(0, count).Select(piece => piece >= firstNew)];
        yield return [.. Enumerable.Range(0, count).Select(piece => piece == count - 1)];
        for (int sample = 3; sample < samples; sample++)
        {
            // From nearly none to nearly all: losses of one kind hide behind those of another.
            double kept = random.NextDouble();
            bool[] subset = new bool[count];
            for (int piece = 0; piece < count; piece++)
            {
                subset[piece] = random.NextDouble() < kept;
            }

            subset[random.Next(firstNew, count)] = true;
            yield return subset;
        }
    }

    private void AddPieces(Change change)
    {
        if (change.Kind == ChangeKind.SetLength)
        {
            _pieces.Add(new Piece(change, 0, 0, change.FileOffset, IsCut: true));
            return;
        }

        if (change.End > LengthWith(_pieces))
        {
            _pieces.Add(new Piece(change, 0, 0, change.End, IsCut: false));
        }

        for (int at = 0; at < change.Data.Length;)
        {
            int next = Math.Min(change.Data.Length, at + SectorSize - (int)((change.FileOffset + at) % SectorSize));
            _pieces.Add(new Piece(change, at, next - at, change.FileOffset + next, IsCut: false));
            at = next;
        }
    }

    private long LengthWith(List<Piece> pieces)
    {
        long length = _durableLength;
        foreach (Piece piece in pieces)
        {
            length = piece.IsCut ? piece.End : Math.Max(length, piece.End);
        }

        return length;
    }

    private void MakeDurable()
    {
        byte[] bytes = Apply([.. Enumerable.Repeat(true, _pieces.Count)]);
        _durable = bytes;
        _durableLength = bytes.Length;
        _pieces.Clear();
    }

    private byte[] Apply(ReadOnlySpan<bool> chosen)
    {
        long length = _durableLength, most = _durableLength;
        for (int i = 0; i < chosen.Length; i++)
        {
            if (chosen[i])
            {
                length = _pieces[i].IsCut ? _pieces[i].End : Math.Max(length, _pieces[i].End);
                most = Math.Max(most, length);
            }
        }

        byte[] bytes = new byte[most];
        _durable.AsSpan(0, (int)_durableLength).CopyTo(bytes);
        for (int i = 0; i < chosen.Length; i++)
        {
            if (!chosen[i])
            {
                continue;
            }

            Piece piece = _pieces[i];
            if (piece.IsCut)
            {
                bytes.AsSpan((int)Math.Min(piece.End, most)).Clear();
            }
            else
            {
                piece.Change.Data.AsSpan(piece.At, piece.Length).CopyTo(bytes.AsSpan((int)piece.Change.FileOffset + piece.At));
            }
        }

        return length == most ? bytes : bytes[..(int)length];
    }

    private sealed record Piece(Change Change, int At, int Length, long End, bool IsCut);
}

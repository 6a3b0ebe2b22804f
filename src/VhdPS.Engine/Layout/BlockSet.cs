using System.Collections;
using System.Numerics;

namespace VhdPS.Engine.Layout;

/// <summary>A set of blocks, a bit each, in ascending order. Several threads may add and ask at once.</summary>
internal sealed class BlockSet(int blockCount) : IEnumerable<int>
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[((long)blockCount + WordBits - 1) / WordBits];

    /// <summary>Whether a block is in the set.</summary>
    public bool Contains(int blockIndex) => (Volatile.Read(ref _words[blockIndex / WordBits]) & Bit(blockIndex)) != 0;

    /// <summary>Takes a block in.</summary>
    public void Add(int blockIndex) => Interlocked.Or(ref _words[blockIndex / WordBits], Bit(blockIndex));

    /// <summary>Takes a block out.</summary>
    public void Remove(int blockIndex) => Interlocked.And(ref _words[blockIndex / WordBits], ~Bit(blockIndex));

    /// <summary>The blocks in ascending order.</summary>
    public IEnumerator<int> GetEnumerator()
    {
        for (int i = 0; i < _words.Length; i++)
        {
            for (ulong left = _words[i]; left != 0; left &= left - 1)
            {
                yield return (i * WordBits) + BitOperations.TrailingZeroCount(left);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static ulong Bit(int blockIndex) => 1UL << (blockIndex % WordBits);
}

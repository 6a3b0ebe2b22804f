namespace VhdPS.Engine.Layout;

/// <summary>A set of blocks, a bit each. Several threads may add and ask at once.</summary>
internal sealed class BlockSet(int blockCount)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[((long)blockCount + WordBits - 1) / WordBits];

    /// <summary>Whether a block is in the set.</summary>
    public bool Contains(int blockIndex) => (Volatile.Read(ref _words[blockIndex / WordBits]) & Bit(blockIndex)) != 0;

    /// <summary>Takes a block in.</summary>
    public void Add(int blockIndex) => Interlocked.Or(ref _words[blockIndex / WordBits], Bit(blockIndex));

    private static ulong Bit(int blockIndex) => 1UL << (blockIndex % WordBits);
}

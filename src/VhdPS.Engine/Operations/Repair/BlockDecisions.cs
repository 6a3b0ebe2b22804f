using System.Diagnostics.CodeAnalysis;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// What becomes of the findings about blocks. Millions of blocks can have one and the same; of so many different ones that nobody
/// reads them, the later ones keep their outcome alone.
/// </summary>
internal sealed class BlockDecisions(int blockCount)
{
    private const int PageBlocks = 4096;
    private const int MaxDescriptionCount = 4096;

    private readonly ushort[]?[] _pages = new ushort[]?[(blockCount + PageBlocks - 1) / PageBlocks];
    private readonly Dictionary<RepairDecision, ushort> _numbers = [];
    private readonly List<RepairDecision> _decisions = [];

    /// <summary>The decision about a block.</summary>
    public RepairDecision this[int blockIndex]
    {
        set => (_pages[blockIndex / PageBlocks] ??= new ushort[PageBlocks])[blockIndex % PageBlocks] = NumberOf(value);
    }

    /// <summary>Whether there is a decision about a block.</summary>
    public bool ContainsKey(int blockIndex) => TryGetValue(blockIndex, out _);

    /// <summary>The decision about a block, or another where there is none.</summary>
    public RepairDecision GetValueOrDefault(int blockIndex, RepairDecision absent) =>
        TryGetValue(blockIndex, out RepairDecision? decision) ? decision.Value : absent;

    private bool TryGetValue(int blockIndex, [NotNullWhen(true)] out RepairDecision? decision)
    {
        int number = _pages[blockIndex / PageBlocks]?[blockIndex % PageBlocks] ?? 0;
        decision = number == 0 ? null : _decisions[number - 1];
        return number != 0;
    }

    private ushort NumberOf(RepairDecision decision)
    {
        if (_numbers.TryGetValue(decision, out ushort number))
        {
            return number;
        }

        if (_decisions.Count >= MaxDescriptionCount)
        {
            decision = decision with { Description = "As the blocks before." };
            if (_numbers.TryGetValue(decision, out number))
            {
                return number;
            }
        }

        _decisions.Add(decision);
        return _numbers[decision] = (ushort)_decisions.Count;
    }
}

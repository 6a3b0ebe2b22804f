using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>
/// Joins findings of one code about adjacent blocks into one, so that a file that was cut off has a few and not a million.
/// </summary>
internal sealed class BlockFindingRuns(FindingLog log)
{
    private FaultCode _code;
    private Finding? _finding;
    private long _firstBlock;
    private long _count;

    /// <summary>Takes the block into the run that is open.</summary>
    /// <returns>False where it is of another code or not the next block; then a run has to begin with it.</returns>
    public bool TryExtend(FaultCode code, long blockIndex)
    {
        if (_count == 0 || code != _code || blockIndex != _firstBlock + _count)
        {
            return false;
        }

        _count++;
        return true;
    }

    /// <summary>Begins a run with a block.</summary>
    /// <param name="code">The fault.</param>
    /// <param name="blockIndex">The block.</param>
    /// <param name="finding">The finding; null where no more of its code are listed.</param>
    public void Begin(FaultCode code, long blockIndex, Finding? finding)
    {
        Close();
        (_code, _firstBlock, _count, _finding) = (code, blockIndex, 1, finding);
    }

    /// <summary>Hands the open run on.</summary>
    public void Close()
    {
        if (_count > 0 && _finding is { } finding)
        {
            log.Add(_count == 1 ? finding : finding with
            {
                BlockCount = _count,
                Message = Invariant($"{finding.Message} The same is true of the {_count - 1} after it."),
            });
        }
        else if (_count > 0)
        {
            log.CountOnly(_code, _count);
        }

        _count = 0;
    }
}

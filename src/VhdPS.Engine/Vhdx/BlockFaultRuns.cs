using System.Globalization;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Joins findings of one code about adjacent blocks, or adjacent chunks, into one, so that a file that was cut off has a few
/// and not a million.
/// </summary>
internal sealed class BlockFaultRuns(FindingLog log)
{
    private readonly Dictionary<(FaultCode Code, bool IsOfBlock), Run> _open = [];

    /// <summary>Takes the fault of a block; of one code they come in ascending order.</summary>
    /// <param name="code">The fault.</param>
    /// <param name="blockIndex">The block.</param>
    /// <param name="describe">Makes the finding, where it is the first of a run.</param>
    public void AddOfBlock(FaultCode code, long blockIndex, Func<Finding> describe) => Add((code, true), blockIndex, describe);

    /// <summary>Takes the fault of a chunk's bitmap block; of one code they come in ascending order.</summary>
    /// <param name="code">The fault.</param>
    /// <param name="chunkIndex">The chunk.</param>
    /// <param name="describe">Makes the finding, where it is the first of a run.</param>
    public void AddOfChunk(FaultCode code, long chunkIndex, Func<Finding> describe) => Add((code, false), chunkIndex, describe);

    /// <summary>Hands on what has been joined so far.</summary>
    public void Close()
    {
        foreach (((FaultCode code, _), Run run) in _open)
        {
            Close(code, run);
        }

        _open.Clear();
    }

    private void Add((FaultCode Code, bool IsOfBlock) key, long index, Func<Finding> describe)
    {
        if (_open.TryGetValue(key, out Run? run))
        {
            if (run.First + run.Count == index)
            {
                run.Count++;
                return;
            }

            Close(key.Code, run);
        }

        _open[key] = new Run(index, log.IsFull(key.Code) ? null : describe());
    }

    private void Close(FaultCode code, Run run)
    {
        if (run.Finding is not { } finding)
        {
            log.CountOnly(code);
            return;
        }

        log.Add(run.Count == 1 ? finding : finding with
        {
            Message = string.Create(CultureInfo.InvariantCulture, $"{finding.Message} The same is true of the {run.Count - 1} after it."),
        });
    }

    private sealed class Run(long first, Finding? finding)
    {
        public long First { get; } = first;

        public Finding? Finding { get; } = finding;

        public long Count { get; set; } = 1;
    }
}

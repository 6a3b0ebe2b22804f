using VhdPS.Engine.Files;


namespace VhdPS.Engine.Disks;

/// <summary>Progress of a later part of a work.</summary>
internal sealed class OffsetProgress(IProgress<WorkProgress> whole, long doneBytes, long totalBytes) : IProgress<WorkProgress>
{
    public void Report(WorkProgress value) =>
        whole.Report(value with { DoneBytes = doneBytes + value.DoneBytes, TotalBytes = totalBytes });
}

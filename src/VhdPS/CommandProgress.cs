using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>
/// An engine's progress as a record of the pipeline: bytes, rate and time left, about five times a second; each step that
/// it begins also as verbose text. The engine reports on the thread that called it, which is the pipeline's. Work that ends
/// sooner than a person looks shows nothing.
/// </summary>
internal sealed class CommandProgress(VpcCommandBase cmdlet, string path, string activity) : IProgress<WorkProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static int _lastId;

    private readonly int _id = Interlocked.Increment(ref _lastId);
    private readonly string _activity = PrintableText.Escape(activity);
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _next = Interval;
    private bool _isShown;
    private string? _step;

    /// <inheritdoc/>
    public void Report(WorkProgress value)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        _step = value.Step ?? _step;
        try
        {
            if (value.Step is { } step)
            {
                cmdlet.ReportStep($"{path}: {step}.");
            }

            if (value.Warning is { } warning)
            {
                cmdlet.WriteWarning($"{warning}.");
            }

            if (elapsed >= _next)
            {
                _isShown = true;
                cmdlet.WriteProgress(Describe(value, elapsed));

                // A slow terminal must not slow the work down: drawing takes a tenth of the time at most.
                TimeSpan drawn = Stopwatch.GetElapsedTime(_start);
                TimeSpan pause = (drawn - elapsed) * 9;
                _next = drawn + (pause > Interval ? pause : Interval);
            }
        }
        catch (Exception exception)
        {
            // PowerShell ends pipelines by exceptions of many types, some of them not public.
            cmdlet.Interrupt(exception);
        }
    }

    /// <summary>Takes the record from the screen.</summary>
    public void Dispose()
    {
        if (!_isShown)
        {
            return;
        }

        _isShown = false;
        try
        {
            cmdlet.WriteProgress(new ProgressRecord(_id, _activity, " ") { RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // A pipeline that is stopping takes no more records, and its host clears the screen itself.
        }
    }

    private ProgressRecord Describe(WorkProgress value, TimeSpan elapsed)
    {
        double bytesPerSecond = value.DoneBytes / elapsed.TotalSeconds;
        string skipped = value.SkippedBytes is { } count ? $", {VpcSize.Format(count)} skipped" : string.Empty;
        string status = string.Create(
            CultureInfo.CurrentCulture,
            $"{VpcSize.Format(value.DoneBytes)} of {VpcSize.Format(value.TotalBytes)}, "
                + $"{VpcSize.Format(Math.Round(bytesPerSecond))}/s{skipped}");
        var record = new ProgressRecord(_id, _activity, status) { CurrentOperation = _step is null ? null : PrintableText.Escape(_step) };
        if (value.TotalBytes > 0)
        {
            record.PercentComplete = (int)Math.Clamp(100.0 * value.DoneBytes / value.TotalBytes, 0, 100);
            record.SecondsRemaining = bytesPerSecond > 0
                ? (int)Math.Clamp((value.TotalBytes - value.DoneBytes) / bytesPerSecond, 0, int.MaxValue)
                : -1;
        }

        return record;
    }
}

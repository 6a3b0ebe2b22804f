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

    // Of 80 columns, what is left beside "100 % of 1023.99 GiB, 1023.99 MiB/s 9999999s" in brackets.
    private const int MaxActivityLength = 31;

    // A time of months is no forecast, and its digits would cut off the rate.
    private const int MaxSecondsRemaining = 9_999_999;
    private static int _lastId;

    private readonly int _id = Interlocked.Increment(ref _lastId);
    private readonly string _activity = Shorten(PrintableText.Escape(activity));
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

    /// <summary>PowerShell cuts off at the right what is too long for its line, which would be the time that is left.</summary>
    private static string Shorten(string text) => text.Length <= MaxActivityLength ? text : $"{text[..(MaxActivityLength - 1)]}…";

    private ProgressRecord Describe(WorkProgress value, TimeSpan elapsed)
    {
        double bytesPerSecond = value.DoneBytes / elapsed.TotalSeconds;
        string skipped = value.SkippedBytes is { } count ? $"{VpcSize.Format(count)} skipped" : string.Empty;
        int percent = value.TotalBytes > 0 ? (int)Math.Clamp(100.0 * value.DoneBytes / value.TotalBytes, 0, 100) : 0;

        // Of a work whose size is not known it is told how much is done.
        string done = value.TotalBytes > 0
            ? string.Create(CultureInfo.CurrentCulture, $"{percent} % of {VpcSize.Format(value.TotalBytes)}")
            : VpcSize.Format(value.DoneBytes);
        string status = $"{done}, {VpcSize.Format(Math.Round(bytesPerSecond))}/s";
        string step = _step is null ? skipped : $"{PrintableText.Escape(_step)}{(skipped.Length > 0 ? $" ({skipped})" : string.Empty)}";
        var record = new ProgressRecord(_id, _activity, status) { CurrentOperation = step.Length > 0 ? step : null };
        if (value.TotalBytes > 0)
        {
            record.PercentComplete = percent;
            double seconds = Math.Max(0, (value.TotalBytes - value.DoneBytes) / bytesPerSecond);
            record.SecondsRemaining = seconds <= MaxSecondsRemaining ? (int)seconds : -1;
        }

        return record;
    }
}

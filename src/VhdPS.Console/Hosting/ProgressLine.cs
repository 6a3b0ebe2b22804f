using System.Globalization;
using System.Management.Automation;

namespace VhdPS.Console.Hosting;

/// <summary>
/// Progress in the line of the cursor, erased before anything else is written. It goes to standard error, so that it
/// shows while the output goes to a file; where that is no terminal, nothing is shown.
/// </summary>
internal sealed class ProgressLine
{
    private const long LeastMillisecondsBetweenRecords = 100;

    private readonly bool _isTerminal = !System.Console.IsErrorRedirected;
    private bool _isShown;
    private long _shownAt = long.MinValue;

    public void Show(ProgressRecord record, int columnCount)
    {
        if (!_isTerminal)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            Erase();
            return;
        }

        long now = Environment.TickCount64;
        if (_isShown && now - _shownAt < LeastMillisecondsBetweenRecords)
        {
            return;
        }

        // One column stays free: a full line would wrap, and only its last row could be erased.
        string line = Describe(record);
        System.Console.Error.Write("\r" + (line.Length < columnCount ? line : line[..(columnCount - 1)]) + "\e[K");
        _isShown = true;
        _shownAt = now;
    }

    public void Erase()
    {
        if (_isShown)
        {
            System.Console.Error.Write("\r\e[K");
            _isShown = false;
        }
    }

    private static string Describe(ProgressRecord record)
    {
        string percent = record.PercentComplete is >= 0 and <= 100
            ? string.Create(CultureInfo.CurrentCulture, $" {record.PercentComplete}%")
            : "";
        string remaining = record.SecondsRemaining > 0
            ? string.Create(CultureInfo.CurrentCulture, $" ({TimeSpan.FromSeconds(record.SecondsRemaining)} left)")
            : "";
        string line = $"{record.Activity}:{percent} {record.StatusDescription}{remaining} {record.CurrentOperation}";
        return line.ReplaceLineEndings(" ").TrimEnd();
    }
}

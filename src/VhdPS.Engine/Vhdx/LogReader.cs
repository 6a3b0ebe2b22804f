using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>Judges the log that a header names, and reads the changes that wait in it.</summary>
internal sealed class LogReader(ImageFile file, VhdxHeader header, List<Finding> findings)
{
    private bool IsDirty => header.LogGuid != Guid.Empty;

    public VhdxLog Read()
    {
        LogRegion? region = FindRegion();
        if (!IsDirty)
        {
            return new VhdxLog { State = VhdxLogState.Clean, Region = region };
        }

        var invalid = new VhdxLog { State = VhdxLogState.Invalid, Region = region };
        if (region is null)
        {
            return invalid;
        }

        if (header.LogVersion != VhdxSpec.LogVersion)
        {
            findings.Add(new Finding(
                FaultCode.VhdxLogVersionUnsupported, VhdStructure.VhdxHeader, null, Text(VhdxSpec.LogVersion), Text(header.LogVersion),
                "Changes wait in a log of a version that is not known."));
            return invalid;
        }

        if (region.Length > VhdxSpec.MaxReplayedLogSize)
        {
            findings.Add(TooLarge(region, Invariant($"at most {VhdxSpec.MaxReplayedLogSize} bytes"), Invariant($"{region.Length} bytes")));
            return invalid;
        }

        IReadOnlyList<LogEntry> entries = new LogScan(file, region, header.LogGuid).FindActiveSequence();
        if (entries.Count == 0)
        {
            findings.Add(new Finding(
                FaultCode.VhdxLogInvalid, VhdStructure.Log, region.FileOffset, "a sequence of valid entries", "none",
                "Changes wait in the log, and it has no valid entries."));
            return invalid;
        }

        if (LogOverlay.Read(file, region, entries) is not { } overlay)
        {
            findings.Add(TooLarge(region, Invariant($"at most {VhdxSpec.MaxReplayedChangeCount} changes"), "more"));
            return invalid;
        }

        LogEntryHeader newest = entries[^1].Header;
        long replayedLength = Math.Max(file.Length, Math.Max((long)newest.LastFileOffset, overlay.End));
        CheckLength(newest, region.SectorOffset(entries[^1].Position), replayedLength);
        findings.Add(new Finding(
            FaultCode.VhdxLogDirty, VhdStructure.Log, region.FileOffset, "no waiting changes", Invariant($"{entries.Count} entries"),
            "The file was not closed: changes wait in its log."));
        return new VhdxLog
        {
            State = VhdxLogState.Dirty,
            Region = region,
            EntryCount = entries.Count,
            SequenceNumber = newest.SequenceNumber,
            ReplayedLength = replayedLength,
            Overlay = overlay,
        };
    }

    private void CheckLength(LogEntryHeader newest, long entryOffset, long replayedLength)
    {
        // Only the newest entry counts: a file may have been cut on purpose after an older one was written.
        if (newest.FlushedFileOffset > (ulong)file.Length)
        {
            findings.Add(new Finding(
                FaultCode.VhdxFileTruncated, VhdStructure.Log, entryOffset + 48,
                Invariant($"a file of at least {newest.FlushedFileOffset} bytes"),
                Invariant($"{file.Length} bytes"), "The file is shorter than it was when its log was written."));
        }
        else if (replayedLength > file.Length)
        {
            findings.Add(new Finding(
                FaultCode.VhdxFileShorterThanLogged, VhdStructure.Log, entryOffset + 56, Invariant($"{replayedLength} bytes"),
                Invariant($"{file.Length} bytes"), "The file grows when the changes of its log are written into it."));
        }
    }

    private LogRegion? FindRegion()
    {
        if (header.LogLength == 0 && !IsDirty)
        {
            return null;
        }

        ulong offset = header.LogOffset;
        bool isInFile = offset <= (ulong)file.Length && header.LogLength <= (ulong)file.Length - offset;
        if (offset >= VhdxSpec.HeaderAreaSize && offset % VhdxSpec.Mebibyte == 0
            && header.LogLength > 0 && header.LogLength % VhdxSpec.Mebibyte == 0 && isInFile)
        {
            return new LogRegion((long)offset, header.LogLength);
        }

        var finding = new Finding(
            FaultCode.VhdxLogMisplaced, VhdStructure.VhdxHeader, null, "whole MiB of the file, from 1 MiB on",
            Invariant($"{header.LogLength} bytes at offset {offset}"), "The header names no place of the file for the log.");
        findings.Add(IsDirty ? finding with { Severity = Severity.Error, Effect = FaultEffect.UnreadableUnlessForced } : finding);
        return null;
    }

    private static Finding TooLarge(LogRegion region, string expected, string actual) => new(
        FaultCode.VhdxLogTooLarge, VhdStructure.Log, region.FileOffset, expected, actual, "The changes that wait in the log are too many.");

    private static string Text(ushort value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

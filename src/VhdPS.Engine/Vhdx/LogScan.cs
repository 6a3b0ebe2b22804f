using VhdPS.Engine.Files;


namespace VhdPS.Engine.Vhdx;

/// <summary>A valid entry of the log.</summary>
/// <param name="Position">Bytes from the start of the log.</param>
/// <param name="Header">What it says.</param>
internal readonly record struct LogEntry(long Position, LogEntryHeader Header)
{
    /// <summary>The first byte after it, not yet turned back to the start of the circle.</summary>
    public long End => Position + Header.EntryLength;
}

/// <summary>
/// Finds the active sequence of a log: of all runs of valid entries whose numbers ascend by one and that contain the tail of
/// their last entry, the one with the highest number. Every sector is read a bounded number of times, whatever the log says:
/// an entry is not valid where another begins in it. Source: MS-VHDX, "Log Sequence" and "Log Replay".
/// </summary>
internal sealed class LogScan(ImageFile file, LogRegion log, Guid logGuid)
{
    private readonly byte[] _sector = new byte[VhdxSpec.LogSectorSize];

    /// <summary>The entries of the active sequence from its tail on, oldest first; empty where no sequence is valid.</summary>
    public IReadOnlyList<LogEntry> FindActiveSequence()
    {
        List<LogEntry> active = [];
        for (long position = 0; position < log.Length;)
        {
            List<LogEntry> run = ReadRun(position);
            if (run.Count == 0)
            {
                position = log.NextDataSector(file, position + VhdxSpec.LogSectorSize);
                continue;
            }

            int tail = run.FindIndex(entry => entry.Position == run[^1].Header.Tail);
            if (tail >= 0 && (active.Count == 0 || run[^1].Header.SequenceNumber > active[^1].Header.SequenceNumber))
            {
                active = run[tail..];
            }

            // No part of the run that begins later can contain a tail that the run does not.
            position += run.Sum(entry => (long)entry.Header.EntryLength);
        }

        return active;
    }

    /// <summary>The longest run of entries that begins at a place.</summary>
    private List<LogEntry> ReadRun(long position)
    {
        var run = new List<LogEntry>();
        while (ReadEntry(position, out LogEntryHeader header) && (run.Count == 0 || Follows(run[^1], header)))
        {
            var entry = new LogEntry(position, header);
            run.Add(entry);
            position = entry.End % log.Length;
        }

        return run;
    }

    private bool Follows(LogEntry previous, LogEntryHeader header)
    {
        long head = previous.End % log.Length;
        long newHead = (head + header.EntryLength) % log.Length;
        long tail = previous.Header.Tail;
        return header.SequenceNumber - 1 == previous.Header.SequenceNumber
            && header.EntryLength <= log.Length - log.Distance(tail, head)
            && log.Distance(header.Tail, newHead) <= log.Distance(tail, newHead);
    }

    private bool ReadEntry(long position, out LogEntryHeader header)
    {
        log.ReadSector(file, position, _sector);
        return LogEntryHeader.TryParse(_sector, out header) && IsHeaderValid(header) && IsBodyValid(position, header);
    }

    private bool IsHeaderValid(LogEntryHeader header) =>
        header.LogGuid == logGuid
        && header.EntryLength % VhdxSpec.LogSectorSize == 0
        && header.EntryLength < log.Length
        && header.Tail < log.Length
        && header.Tail % VhdxSpec.LogSectorSize == 0
        && header.SequenceNumber > 0
        && header.LastFileOffset <= (ulong)VhdxSpec.MaxFileOffset
        && LogEntryHeader.DescriptorAreaLength(header.DescriptorCount) <= header.EntryLength;

    /// <summary>Whether descriptors, data sectors and checksum are right; the entry's first sector has been read.</summary>
    private bool IsBodyValid(long position, LogEntryHeader header)
    {
        Crc32C crc = Crc32C.Start();
        crc.AddWithout(_sector, LogEntryHeader.ChecksumAt);
        long at = 0, dataSectorCount = 0;
        for (long i = 0; i < header.DescriptorCount; i++)
        {
            long descriptorAt = LogEntryHeader.Size + (i * LogDescriptor.Size);
            if (descriptorAt >= at + VhdxSpec.LogSectorSize)
            {
                at += VhdxSpec.LogSectorSize;
                log.ReadSector(file, position + at, _sector);
                crc.Add(_sector);
            }

            if (!LogDescriptor.TryParse(_sector.AsSpan((int)(descriptorAt - at), LogDescriptor.Size), out LogDescriptor descriptor)
                || !IsDescriptorValid(descriptor, header.SequenceNumber))
            {
                return false;
            }

            dataSectorCount += descriptor.IsZero ? 0 : 1;
        }

        at = LogEntryHeader.DescriptorAreaLength(header.DescriptorCount);
        if (header.EntryLength != at + (dataSectorCount * VhdxSpec.LogSectorSize))
        {
            return false;
        }

        for (; at < header.EntryLength; at += VhdxSpec.LogSectorSize)
        {
            log.ReadSector(file, position + at, _sector);
            if (!LogDataSector.HasSignature(_sector) || LogDataSector.SequenceNumber(_sector) != header.SequenceNumber)
            {
                return false;
            }

            crc.Add(_sector);
        }

        return crc.Value == header.Checksum;
    }

    private bool IsDescriptorValid(LogDescriptor descriptor, ulong sequenceNumber) =>
        descriptor.SequenceNumber == sequenceNumber
        && descriptor.FileOffset % VhdxSpec.LogSectorSize == 0
        && descriptor.Length % VhdxSpec.LogSectorSize == 0
        && descriptor.FileOffset >= (ulong)VhdxSpec.LoggedAreaOffset
        && descriptor.FileOffset <= (ulong)VhdxSpec.MaxFileOffset
        && descriptor.Length <= (ulong)VhdxSpec.MaxFileOffset - descriptor.FileOffset
        && (descriptor.FileOffset >= (ulong)log.End || descriptor.FileOffset + descriptor.Length <= (ulong)log.FileOffset);
}

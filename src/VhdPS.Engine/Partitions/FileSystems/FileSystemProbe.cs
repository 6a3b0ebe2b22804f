using System.Buffers;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>Recognises what a partition holds by its first 68 KiB.</summary>
internal static class FileSystemProbe
{
    private const int HeadSize = 8192;

    /// <summary>From here on the signatures lie that are past the head: swap of pages of 64 KiB, btrfs.</summary>
    private const int TailAt = 65024;

    private const int TailSize = 2048;
    private const int LargePageSize = 64 * 1024;

    /// <summary>Whether 512 bytes are the boot sector of a file system, and so no partition table although they end in 55 AA.</summary>
    public static bool IsBootSector(ReadOnlySpan<byte> bytes) =>
        NtfsBootSector.Parse(bytes) is not null || ExFatBootSector.Parse(bytes) is not null || FatBootSector.Parse(bytes) is not null
        || BitLockerHeader.Matches(bytes) || RefsHeader.Identify(bytes) is not null;

    /// <summary>Says what a partition holds; null where nothing is recognised.</summary>
    public static FileSystemDescription? Identify(DiskWindow window)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeadSize + TailSize);
        try
        {
            Span<byte> head = buffer.AsSpan(0, HeadSize), tail = buffer.AsSpan(HeadSize, TailSize);
            Fill(window, 0, head);
            Fill(window, TailAt, tail);
            List<FileSystemDescription> found = Collect(window, head, tail);
            return found.Count == 0 ? null : Judge(window, found);
        }
        catch (VhdFormatException error)
        {
            // A block of the image that cannot be read takes nothing from the other partitions.
            return new FileSystemDescription(FileSystemKind.Unknown) { Findings = [Unreadable(window, error)] };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Everything that could be meant, the most certain first.</summary>
    private static List<FileSystemDescription> Collect(DiskWindow window, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        var found = new List<FileSystemDescription>();
        void Take(FileSystemDescription? info)
        {
            if (info is not null)
            {
                found.Add(info);
            }
        }

        Take(LuksHeader.Identify(head));
        Take(RaidSuperblock.Identify(head));
        if (BitLockerHeader.Matches(head))
        {
            Take(new FileSystemDescription(FileSystemKind.BitLocker));
        }
        else
        {
            Take(NtfsVolume.Identify(window, head));
            Take(ExFatVolume.Identify(window, head));
            Take(RefsHeader.Identify(head));
            Take(FatVolume.Identify(window, head));
        }

        Take(XfsSuperblock.Identify(head));
        Take(ApfsContainer.Identify(head));
        Take(LvmLabel.Identify(head));
        Take(ExtVolume.Identify(window, head));
        Take(BtrfsSuperblock.Identify(tail[(BtrfsSuperblock.Offset - TailAt)..]));
        Take(SwapHeader.Identify(
            head, head.Slice(SwapHeader.PageSize - SwapHeader.SignatureSize, SwapHeader.SignatureSize), SwapHeader.PageSize)
            ?? SwapHeader.Identify(
                head, tail.Slice(LargePageSize - SwapHeader.SignatureSize - TailAt, SwapHeader.SignatureSize), LargePageSize));
        return found;
    }

    private static FileSystemDescription Judge(DiskWindow window, List<FileSystemDescription> found)
    {
        FileSystemDescription info = found[0];
        if (found.Count == 1 && !(info.SizeBytes > window.Length))
        {
            return info;
        }

        var log = new PartitionFindingLog();
        log.AddRange(info.Findings);
        if (info.SizeBytes > window.Length)
        {
            log.Add(
                PartitionFault.FileSystemPastEnd, PartitionStructure.FileSystem, window.Offset, $"at most {window.Length} bytes",
                    $"{info.SizeBytes}",
                $"The {info.Name} file system is larger than its partition or disk.");
        }

        foreach (FileSystemDescription other in found.Skip(1))
        {
            log.Add(
                PartitionFault.FileSystemAmbiguous, PartitionStructure.FileSystem, window.Offset, $"one signature",
                    $"those of {info.Name} and {other.Name}",
                $"The partition has the signatures of more than one file system.");
        }

        return info with { Findings = log.Close() };
    }

    private static PartitionFinding Unreadable(DiskWindow window, VhdFormatException error) => new(
        PartitionFault.FileSystemUnreadable, PartitionStructure.FileSystem, window.Offset, string.Empty, string.Empty,
        "What the partition begins with cannot be read: " + error.Message);

    /// <summary>Reads what the window has of a range, and zeros past it.</summary>
    private static void Fill(DiskWindow window, long at, Span<byte> buffer)
    {
        int length = (int)Math.Clamp(window.Length - at, 0, buffer.Length);
        if (length > 0)
        {
            window.TryRead(at, buffer[..length]);
        }

        buffer[length..].Clear();
    }
}

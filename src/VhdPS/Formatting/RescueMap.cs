using System.Globalization;
using System.Text;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>What of a disk was read and what was lost, as GNU ddrescue writes it. Source: its manual, "Mapfile structure".</summary>
internal static class RescueMap
{
    /// <summary>The text of the map: position, size and status, + read, - lost, from the start of the disk to its end.</summary>
    public static string Write(long sizeBytes, IReadOnlyList<LostRange> lost)
    {
        var text = new StringBuilder("# Mapfile. Created by VhdPS\n# current_pos  current_status  current_pass\n");
        text.Append("0x00000000     +               1\n");
        text.Append("#      pos        size  status\n");
        long at = 0;
        foreach (LostRange range in lost)
        {
            long start = range.Sector * VhdSpec.SectorSize;
            Add(text, at, start, '+');
            at = Math.Min(sizeBytes, start + (range.SectorCount * VhdSpec.SectorSize));
            Add(text, start, at, '-');
        }

        Add(text, at, sizeBytes, '+');
        return text.ToString();
    }

    private static void Add(StringBuilder text, long start, long end, char status)
    {
        if (end > start)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{start:X8}  0x{end - start:X8}  {status}\n");
        }
    }
}

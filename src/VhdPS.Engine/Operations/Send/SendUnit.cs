using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Send;

/// <summary>A stretch of the disk that one step sends.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="End">The first byte past it.</param>
/// <param name="Data">What may hold data; empty where all is zeros and may have any length.</param>
internal sealed record SendUnit(long Offset, long End, IReadOnlyList<DiskExtent> Data);

/// <summary>Cuts a disk into what is sent and what lies between.</summary>
internal static class SendWalk
{
    /// <summary>Bytes of a stretch with data: what one request takes at most.</summary>
    public const int UnitBytes = Pages.PageBlob.MaxRequestBytes;

    /// <summary>All stretches of the disk from its start to <paramref name="sizeBytes"/>, in order, none left out.</summary>
    public static IEnumerable<SendUnit> Units(DiskSource source, long sizeBytes)
    {
        long position = 0;
        foreach (DiskUnit unit in DiskWalk.Units(source, UnitBytes))
        {
            if (unit.Offset > position)
            {
                yield return new SendUnit(position, unit.Offset, []);
            }

            position = Math.Min(unit.End, sizeBytes);
            yield return new SendUnit(unit.Offset, position, unit.Data);
        }

        if (position < sizeBytes)
        {
            yield return new SendUnit(position, sizeBytes, []);
        }
    }

    /// <summary>How many stretches hold data, without reading or announcing them.</summary>
    public static long CountDataUnits(DiskSource source)
    {
        long count = 0, next = 0, diskEnd = source.SectorCount * VhdSpec.SectorSize;
        for (long at = 0; at < diskEnd;)
        {
            DiskExtent extent = source.FindExtent(at);
            if (!extent.IsZero)
            {
                long first = Math.Max(next, extent.Offset / UnitBytes);
                next = ((extent.End - 1) / UnitBytes) + 1;
                count += Math.Max(0, next - first);
            }

            at = extent.End;
        }

        return count;
    }

    /// <summary>How many bytes are not known to be zeros, without reading or announcing them.</summary>
    public static long CountDataBytes(DiskSource source)
    {
        long count = 0, diskEnd = source.SectorCount * VhdSpec.SectorSize;
        for (long at = 0; at < diskEnd;)
        {
            DiskExtent extent = source.FindExtent(at);
            count += extent.IsZero ? 0 : extent.Length;
            at = extent.End;
        }

        return count;
    }
}

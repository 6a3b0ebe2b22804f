using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Disks;

/// <summary>
/// Reads what is there of a damaged image that was opened by force: of each block and its parents', of a block that was cut off, of a
/// medium that does not give every sector. What is lost is filled and noted. Reads may run on several threads.
/// </summary>
/// <param name="image">The image, opened by force.</param>
/// <param name="fill">The byte in place of what is lost.</param>
internal sealed class SalvageReader(VhdImage image, byte fill)
{
    private readonly SalvageLog _lost = new();

    /// <summary>What was lost so far, in the order of the disk.</summary>
    public IReadOnlyList<LostRange> LostRanges => _lost.ToList();

    /// <summary>Fills <paramref name="buffer"/> with the sectors from <paramref name="sector"/> on.</summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="buffer">A whole number of sectors, none past the end of the disk.</param>
    /// <exception cref="ArgumentException">A sector is not on the disk.</exception>
    /// <exception cref="ImageInUseException">A writer has a parent open.</exception>
    public void Read(long sector, Span<byte> buffer)
    {
        image.ThrowIfPastEnd(sector, buffer.Length / VhdSpec.SectorSize);
        for (Span<byte> rest = buffer; rest.Length > 0;)
        {
            ChainRun run = ReadRun(sector, rest);
            sector += run.Count;
            rest = rest[(int)(run.Count * VhdSpec.SectorSize)..];
        }
    }

    /// <summary>The longest run from <paramref name="sector"/> on of one place, or lost for one reason, and its bytes.</summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="count">The most sectors that are wanted, at least 1; none past the end of the disk.</param>
    /// <param name="data">The run's bytes, 512 a sector.</param>
    /// <exception cref="ArgumentException">A sector is not on the disk.</exception>
    /// <exception cref="ImageInUseException">A writer has a parent open.</exception>
    public ChainRun Read(long sector, int count, out byte[] data)
    {
        image.ThrowIfPastEnd(sector, count);
        byte[] buffer = new byte[count * VhdSpec.SectorSize];
        ChainRun run = ReadRun(sector, buffer);
        data = run.Count == count ? buffer : buffer[..(int)(run.Count * VhdSpec.SectorSize)];
        return run;
    }

    private ChainRun ReadRun(long sector, Span<byte> buffer)
    {
        long count = buffer.Length / VhdSpec.SectorSize;
        if (image.Map.Table is null && CountWhole(sector, count) is var whole && whole < count)
        {
            if (whole == 0)
            {
                LoseEnd(sector, buffer);
                return new ChainRun(sector, count, SectorOrigin.Lost, null, -1);
            }

            count = whole;
        }

        SectorRun run;
        DiskLevel? level;
        try
        {
            run = image.Chain.Find(sector, count, out level);
        }
        catch (Exception error) when (ChainReader.IsUnfound(error))
        {
            count = image.Chain.CountUnfound(sector, count);
            Lose(sector, buffer[..(int)(count * VhdSpec.SectorSize)], ReasonOf(error));
            return new ChainRun(sector, count, SectorOrigin.Lost, null, -1);
        }

        Span<byte> part = buffer[..(int)(run.Count * VhdSpec.SectorSize)];
        if (level is null)
        {
            part.Clear();
        }
        else
        {
            ReadAsFarAsGiven(level, run, part);
            image.MaskPartialSector(sector, run.Count, part);
        }

        return ChainMap.Describe(image, run, level);
    }

    private void ReadAsFarAsGiven(DiskLevel level, SectorRun run, Span<byte> buffer)
    {
        try
        {
            level.Read(run.Sector, run.FileOffset, buffer);
        }
        catch (ImageIOException)
        {
            ReadSectorBySector(level, run, buffer);
        }
    }

    /// <summary>Sectors of a fixed image that are whole in the file, from one on.</summary>
    private long CountWhole(long sector, long count)
    {
        bool isAll = (ulong)image.Layout.DataEnd >= image.Layout.Size.SizeBytes;
        return isAll ? count : Math.Clamp((image.Layout.DataEnd / VhdSpec.SectorSize) - sector, 0, count);
    }

    /// <summary>Loses what a fixed image has been cut by; the part of a sector that is left is read.</summary>
    private void LoseEnd(long sector, Span<byte> buffer)
    {
        Lose(sector, buffer, "The file was cut off before it.");
        int left = (int)Math.Clamp(image.Layout.DataEnd - (sector * VhdSpec.SectorSize), 0, VhdSpec.SectorSize - 1);
        _ = image.File.ReadAt(sector * VhdSpec.SectorSize, buffer[..left]);
    }

    private void ReadSectorBySector(DiskLevel level, SectorRun run, Span<byte> buffer)
    {
        for (int i = 0; i < run.Count; i++)
        {
            int start = i * VhdSpec.SectorSize;
            Span<byte> part = buffer.Slice(start, VhdSpec.SectorSize);
            try
            {
                level.Read(run.Sector + i, run.FileOffset + start, part);
            }
            catch (ImageIOException error)
            {
                Lose(run.Sector + i, part, ReasonOf(error));
            }
        }
    }

    private void Lose(long sector, Span<byte> part, string why)
    {
        part.Fill(fill);
        _lost.Add(sector, part.Length / VhdSpec.SectorSize, why);
    }

    /// <summary>Without the number of the block, so that blocks lost for one reason are one range.</summary>
    internal static string ReasonOf(Exception error) => error switch
    {
        VhdFormatException { Finding.Code: FaultCode.BatEntryPastEnd } => "The block is not whole in the file.",
        VhdFormatException { Finding.Code: FaultCode.BatEntryInStructure } => "The block's entry names a place inside a structure.",
        VhdFormatException format => format.Finding.Message,
        _ => $"The medium did not give it: {error.InnerException?.Message ?? error.Message}",
    };
}

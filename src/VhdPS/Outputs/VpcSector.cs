using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS;

/// <summary>Adjacent sectors that come from one place, with their bytes.</summary>
public sealed class VpcSector : VpcObject
{
    internal VpcSector(string path, ChainRun run, byte[] data, int logicalSectorSize = VhdSpec.SectorSize)
        : base(path)
    {
        Sector = run.Sector;
        Count = run.Count;
        Origin = run.Origin;
        OriginPath = run.Path;
        FileOffset = run.FileOffset < 0 ? null : run.FileOffset;
        Data = data;
        LogicalSectorSize = logicalSectorSize;
    }

    /// <summary>The first virtual sector.</summary>
    public long Sector { get; }

    /// <summary>Sectors.</summary>
    public long Count { get; }

    /// <summary>Where they come from: this file, nowhere (zeros), or a parent.</summary>
    public SectorOrigin Origin { get; }

    /// <summary>The file of the chain that holds them; null for zeros.</summary>
    public string? OriginPath { get; }

    /// <summary>Bytes from the start of that file; null for zeros.</summary>
    public long? FileOffset { get; }

    /// <summary>Bytes of a sector: of a VHD 512, of a VHDX 512 or 4096.</summary>
    public int LogicalSectorSize { get; }

    /// <summary>The bytes, LogicalSectorSize a sector.</summary>
    public byte[] Data { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        Count == 1 ? $"sector {Sector} ({Origin})" : $"sectors {Sector} to {Sector + Count - 1} ({Origin})";
}

using VhdPS.Engine.Storage;

namespace VhdPS;

/// <summary>Adjacent sectors that come from one place, with their bytes.</summary>
public sealed class VpcSector : VpcObject
{
    internal VpcSector(string path, SectorRun run, byte[] data)
        : base(path)
    {
        Sector = run.Sector;
        Count = run.Count;
        Origin = run.Origin;
        FileOffset = run.FileOffset < 0 ? null : run.FileOffset;
        Data = data;
    }

    /// <summary>The first virtual sector.</summary>
    public long Sector { get; }

    /// <summary>Sectors.</summary>
    public long Count { get; }

    /// <summary>Where they come from: this file, nowhere (zeros), or the parent.</summary>
    public SectorOrigin Origin { get; }

    /// <summary>Bytes from the start of the file; null where they are not in it.</summary>
    public long? FileOffset { get; }

    /// <summary>The bytes, 512 a sector.</summary>
    public byte[] Data { get; }

    /// <inheritdoc/>
    public override string ToString() => $"sectors {Sector} to {Sector + Count - 1} ({Origin})";
}

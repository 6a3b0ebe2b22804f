using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>What a new child takes over from its parent.</summary>
/// <param name="SizeBytes">Size of the parent's disk.</param>
/// <param name="UniqueId">The id that the child names; zeros of a raw disk, which has none.</param>
/// <param name="Geometry">The geometry of the parent's footer; null of a raw disk.</param>
/// <param name="BlockSize">Bytes in a block; 0 where the parent has no blocks.</param>
internal readonly record struct ParentDisk(long SizeBytes, Guid UniqueId, DiskGeometry? Geometry, int BlockSize)
{
    /// <summary>That of an image.</summary>
    public static ParentDisk Of(ImageLayout parent) =>
        new(parent.SectorCount * VhdSpec.SectorSize, parent.Footer.UniqueId, parent.Footer.Geometry, parent.BlockSize);

    /// <summary>That of a raw disk.</summary>
    /// <exception cref="ArgumentException">It is empty, or ends within a sector.</exception>
    public static ParentDisk OfRaw(ImageFile parent) => parent.Length > 0 && parent.Length % VhdSpec.SectorSize == 0
        ? new ParentDisk(parent.Length, Guid.Empty, null, 0)
        : throw new ArgumentException($"{parent.Path}: a raw disk of {parent.Length} bytes is not a whole number of sectors of 512 bytes.");
}

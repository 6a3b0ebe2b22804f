using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Compare;

/// <summary>Compares how two images are made: footers, headers and tables, field by field; not what the disks hold.</summary>
internal static class StructureComparison
{
    /// <summary>The fields that differ by their bytes: footer, its copy, header, table, in this order; entries that one table has
    /// alone are one difference.</summary>
    /// <exception cref="VhdFormatException">A file is no image that can be read.</exception>
    public static IEnumerable<StructureDifference> FindDifferences(
        ImageFile reference, ImageFile difference, LayoutOptions? options = null, CancellationToken cancellation = default)
    {
        ImageLayout left = Read(reference, options), right = Read(difference, options);
        return Fields(left, right).Concat(Entries(reference, left, difference, right, cancellation));
    }

    private static ImageLayout Read(ImageFile file, LayoutOptions? options)
    {
        var layout = ImageLayout.Read(file, options);
        return layout.FindBlockingFinding(forWriting: false) is { } refusal ? throw new VhdFormatException(file.Path, refusal) : layout;
    }

    private static IEnumerable<StructureDifference> Fields(ImageLayout left, ImageLayout right)
    {
        bool hasCopies = left.VhdType != VhdType.Fixed && right.VhdType != VhdType.Fixed;
        HardDiskFooter? leftEnd = left.Footers.End?.Footer, rightEnd = right.Footers.End?.Footer;
        HardDiskFooter? leftCopy = hasCopies ? left.Footers.Front?.Footer : null, rightCopy = hasCopies ? right.Footers.Front?.Footer
            : null;
        return Compare(VhdStructure.Footer, leftEnd?.Fields, leftEnd is null ? [] : leftEnd.Bytes, rightEnd?.Fields,
            rightEnd is null ? [] : rightEnd.Bytes)
            .Concat(Compare(VhdStructure.FooterCopy, leftCopy?.Fields, leftCopy is null ? [] : leftCopy.Bytes, rightCopy?.Fields,
                rightCopy is null ? [] : rightCopy.Bytes))
            .Concat(Compare(
                VhdStructure.DynamicHeader,
                left.Header?.Fields,
                left.Header is null ? [] : left.Header.Bytes,
                right.Header?.Fields,
                right.Header is null ? [] : right.Header.Bytes));
    }

    private static List<StructureDifference> Compare(
        VhdStructure structure,
        IReadOnlyList<StructureField>? left,
        ReadOnlySpan<byte> leftBytes,
        IReadOnlyList<StructureField>? right,
        ReadOnlySpan<byte> rightBytes)
    {
        var differences = new List<StructureDifference>();
        int count = Math.Max(left?.Count ?? 0, right?.Count ?? 0);
        for (int i = 0; i < count; i++)
        {
            StructureField field = (left ?? right)![i];
            bool isEqual = left is not null && right is not null
                && leftBytes.Slice(field.Offset, field.Length).SequenceEqual(rightBytes.Slice(field.Offset, field.Length));
            if (!isEqual)
            {
                differences.Add(
                    new StructureDifference(structure, field.Name, left?[i].Text ?? string.Empty, right?[i].Text ?? string.Empty));
            }
        }

        return differences;
    }

    private static IEnumerable<StructureDifference> Entries(
        ImageFile reference, ImageLayout left, ImageFile difference, ImageLayout right, CancellationToken cancellation)
    {
        if (left.Header is null || right.Header is null)
        {
            yield break;
        }

        BlockAllocationTable leftTable = SectorMap.ReadTable(reference, left), rightTable = SectorMap.ReadTable(difference, right);
        int sharedCount = Math.Min(leftTable.Count, rightTable.Count);
        for (int blockIndex = 0; blockIndex < sharedCount; blockIndex++)
        {
            if (leftTable[blockIndex] == rightTable[blockIndex])
            {
                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            yield return new StructureDifference(
                VhdStructure.BlockAllocationTable, Invariant($"Block {blockIndex}"), Text(leftTable[blockIndex]),
                Text(rightTable[blockIndex]));
        }

        if (leftTable.Count != rightTable.Count)
        {
            int last = Math.Max(leftTable.Count, rightTable.Count) - 1;
            yield return new StructureDifference(
                VhdStructure.BlockAllocationTable,
                last == sharedCount ? Invariant($"Block {last}") : Invariant($"Blocks {sharedCount} to {last}"),
                Rest(leftTable, sharedCount),
                Rest(rightTable, sharedCount));
        }
    }

    private static string Text(uint entry) => entry == VhdSpec.UnusedEntry ? "not allocated" : Invariant($"sector {entry}");

    /// <summary>The entries that only one table has, by their count: a larger disk has thousands of them.</summary>
    private static string Rest(BlockAllocationTable table, int fromIndex)
    {
        int count = table.Count - fromIndex, allocatedCount = 0;
        for (int blockIndex = fromIndex; blockIndex < table.Count; blockIndex++)
        {
            allocatedCount += table[blockIndex] == VhdSpec.UnusedEntry ? 0 : 1;
        }

        return count <= 0 ? string.Empty : Invariant($"{count} {(count == 1 ? "entry" : "entries")}, {allocatedCount} allocated");
    }
}

/// <summary>One field or table entry in which two images differ.</summary>
/// <param name="Structure">The part of the images.</param>
/// <param name="Field">The field's name by the specification, or the block of a table entry, or the blocks that one table has
/// alone.</param>
/// <param name="Reference">The value in the reference image; empty where it has no such structure.</param>
/// <param name="Difference">The value in the difference image; empty where it has no such structure.</param>
internal sealed record StructureDifference(VhdStructure Structure, string Field, string Reference, string Difference);

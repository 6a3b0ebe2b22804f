using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS;

/// <summary>Reads the structures of a dynamic or differencing image one by one, decoded and as their bytes.</summary>
internal sealed class StructureReader : IDisposable
{
    private readonly LocalImageFile _file;

    /// <exception cref="VhdFormatException">The image has no header that can be read.</exception>
    /// <exception cref="ArgumentException">The image is fixed.</exception>
    public StructureReader(string path, FooterStructure structure)
    {
        _file = LocalImageFile.OpenRead(path);
        try
        {
            Layout = ImageLayout.Read(_file, new LayoutOptions { Force = true });
            if (Layout.StoredFooter is { Footer.DiskType: VhdType.Fixed })
            {
                throw new ArgumentException($"{path}: a fixed image has a footer and nothing else: there is no {structure}.");
            }

            if (Layout.Header is null || (structure is (FooterStructure.Table or FooterStructure.Bitmap) && !HasTable))
            {
                throw new VhdFormatException(path, Layout.FindBlockingFinding(forWriting: false) ?? Layout.Findings[0]);
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Where everything lies.</summary>
    public ImageLayout Layout { get; }

    private bool HasTable => Layout.Structures.Any(extent => extent.Structure == VhdStructure.BlockAllocationTable);

    /// <summary>Each part of a structure, with its bytes where they are wanted.</summary>
    /// <param name="structure">Which one.</param>
    /// <param name="warn">Takes what cannot be read.</param>
    public IEnumerable<(object Decoded, Func<byte[]> Bytes)> Read(FooterStructure structure, Action<Finding> warn) => structure switch
    {
        FooterStructure.Header => [ReadHeader()],
        FooterStructure.Table => [ReadTable()],
        FooterStructure.Bitmap => ReadBitmaps(warn),
        _ => ReadLocators(),
    };

    public void Dispose() => _file.Dispose();

    private (object Decoded, Func<byte[]> Bytes) ReadHeader() => (
        new VpcHeader(Layout.Path, Layout.Header!, (long)Layout.Footer.DataOffset),
        () => Layout.Header!.Bytes.ToArray());

    private (object Decoded, Func<byte[]> Bytes) ReadTable()
    {
        BlockAllocationTable table = SectorMap.ReadTable(_file, Layout);
        long length = BlockAllocationTable.StoredBytes(Layout.TableEntryCount);
        return (
            new VpcStructure(
                Layout.Path, VhdStructure.BlockAllocationTable, Layout.TableOffset, length,
                $"{Layout.TableEntryCount} entries, {table.CountAllocated()} allocated"),
            () => ReadBytes(Layout.TableOffset, length));
    }

    private IEnumerable<(object Decoded, Func<byte[]> Bytes)> ReadBitmaps(Action<Finding> warn)
    {
        BlockAllocationTable table = SectorMap.ReadTable(_file, Layout);
        for (int blockIndex = 0; blockIndex < table.Count; blockIndex++)
        {
            uint entry = table[blockIndex];
            if (entry == VhdSpec.UnusedEntry)
            {
                continue;
            }

            if (Layout.CheckEntry(blockIndex, entry) is { } finding)
            {
                warn(finding);
                continue;
            }

            long fileOffset = ImageLayout.BitmapOffset(entry);
            byte[] bitmap = ReadBytes(fileOffset, Layout.BitmapSize);
            int sectorCount = Layout.SectorsInBlock(blockIndex);
            yield return (
                new VpcStructure(
                    Layout.Path, VhdStructure.SectorBitmap, fileOffset, Layout.BitmapSize,
                    $"{SectorBitmap.CountSet(bitmap, sectorCount)} of {sectorCount} sectors written")
                { Index = blockIndex },
                () => bitmap);
        }
    }

    /// <summary>The locators in use; one whose path does not lie in the file has no bytes, which the layout's findings say.</summary>
    private IEnumerable<(object Decoded, Func<byte[]> Bytes)> ReadLocators()
    {
        foreach (ParentLocator locator in Layout.Header!.ParentLocators.Where(locator => locator.IsUsed))
        {
            bool isInFile = locator.DataLength <= VhdSpec.MaxLocatorLength && locator.DataOffset <= (ulong)_file.Length
                && _file.Length - (long)locator.DataOffset >= locator.DataLength;
            yield return (
                new VpcStructure(
                    Layout.Path, VhdStructure.ParentLocator, unchecked((long)locator.DataOffset), locator.DataLength,
                    locator.ReadPath(_file) ?? string.Empty)
                { Index = locator.Index, Code = locator.CodeText },
                () => isInFile ? ReadBytes((long)locator.DataOffset, locator.DataLength) : []);
        }
    }

    private byte[] ReadBytes(long fileOffset, long length)
    {
        byte[] bytes = new byte[length];
        return bytes[.._file.ReadAt(fileOffset, bytes)];
    }
}

using System.Buffers.Binary;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>The metadata of a new file: the table and its items, as they lie at the start of the region.</summary>
internal static class NewMetadata
{
    /// <summary>The bytes from the start of the region to the end of the last item.</summary>
    /// <exception cref="ArgumentException">The parent locator does not fit.</exception>
    public static byte[] Encode(NewVhdx image)
    {
        const uint fixedFlag = 1, parentFlag = 2;
        byte[] parameters = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(parameters, (uint)image.BlockSize);
        uint flags = image.VhdType switch
        {
            VhdType.Fixed => fixedFlag,
            VhdType.Differencing => parentFlag,
            _ => 0,
        };
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(4), flags);
        var items = new List<(Guid Id, byte[] Value)>
        {
            (VhdxSpec.FileParametersItem, parameters),
            (VhdxSpec.VirtualSizeItem, Encode((ulong)image.DiskSize)),
            (VhdxSpec.VirtualDiskIdItem, image.UniqueId.ToByteArray()),
            (VhdxSpec.LogicalSectorSizeItem, Encode((uint)image.LogicalSectorSize)),
            (VhdxSpec.PhysicalSectorSizeItem, Encode((uint)image.PhysicalSectorSize)),
        };
        if (image.ParentLocator is { } locator)
        {
            items.Add((VhdxSpec.ParentLocatorItem, locator.Encode()));
        }

        var entries = new List<MetadataEntry>();
        byte[] bytes = new byte[VhdxSpec.MetadataTableSize + items.Sum(item => item.Value.Length)];
        int at = VhdxSpec.MetadataTableSize;
        foreach ((Guid id, byte[] value) in items)
        {
            entries.Add(MetadataEntry.CreateRequired(entries.Count, id, at, value.Length, MetadataItemKind.Of(id).IsVirtualDisk == true));
            value.CopyTo(bytes, at);
            at += value.Length;
        }

        MetadataTable.Create(entries).Bytes.CopyTo(bytes);
        return at <= VhdxSpec.Mebibyte ? bytes : throw new ArgumentException("The parent locator is longer than the metadata region.");
    }

    private static byte[] Encode(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Encode(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}

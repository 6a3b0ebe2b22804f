using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Finds what only looks like the footer at the end: in a file that was cut off inside a block it is the guest's data, an image in
/// the image; and an old footer is left before blocks that were added after it, in the tail of a short last block, or in space that
/// a write went past. The copy at the front, where no guest can write, and the table that its header names say so.
/// </summary>
internal static class FooterInBlock
{
    private const int ChunkEntries = 16 * 1024;

    /// <summary>The pair without a footer at the end that lies in the data of a block, or before one that is whole in the file.</summary>
    public static FooterPair Exclude(ImageFile file, FooterPair footers)
    {
        if (footers is not { End: { } end, Front: { } front } || !footers.IsFrontUsable)
        {
            return footers;
        }

        bool isOther = !front.Footer.Bytes[..VhdSpec.LegacyFooterSize].SequenceEqual(end.Footer.Bytes[..VhdSpec.LegacyFooterSize]);
        return (isOther || footers.TrailingBytes > 0) && IsInBlock(file, front.Footer, end.FileOffset, isOther)
            ? footers.WithoutEnd()
            : footers;
    }

    private static bool IsInBlock(ImageFile file, HardDiskFooter front, long fileOffset, bool isOther)
    {
        bool isFollowed = false;
        byte[] headerBytes = new byte[VhdSpec.HeaderSize];
        if (front.DataOffset > (ulong)file.Length || file.ReadAt((long)front.DataOffset, headerBytes) < headerBytes.Length
            || DynamicDiskHeader.Parse(headerBytes) is not { HasCookie: true, IsChecksumValid: true } header
            || header.BlockSize is < VhdSpec.SectorSize or > VhdSpec.MaxBlockSize || !BitOperations.IsPow2(header.BlockSize)
            || header.TableOffset > (ulong)file.Length)
        {
            return false;
        }

        ulong sectorCount = VirtualSize.Of(front).SizeBytes / VhdSpec.SectorSize;
        long sectorsPerBlock = header.BlockSize / VhdSpec.SectorSize;
        long count = Math.Min(header.MaxTableEntries, VhdSpec.MaxTableEntries);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkEntries * VhdSpec.TableEntrySize);
        try
        {
            for (long first = 0; first < count; first += ChunkEntries)
            {
                Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(ChunkEntries, count - first) * VhdSpec.TableEntrySize);
                bytes = bytes[..file.ReadAt((long)header.TableOffset + (first * VhdSpec.TableEntrySize), bytes)];
                for (int i = 0; i + VhdSpec.TableEntrySize <= bytes.Length; i += VhdSpec.TableEntrySize)
                {
                    uint entry = BinaryPrimitives.ReadUInt32BigEndian(bytes[i..]);
                    ulong firstSector = (ulong)(first + (i / VhdSpec.TableEntrySize)) * (ulong)sectorsPerBlock;
                    if (entry == VhdSpec.UnusedEntry || firstSector >= sectorCount)
                    {
                        continue;
                    }

                    // QUIRK(DiscUtils): after the disk's end the last block may be short, and the footer lies there by right.
                    long dataOffset = ImageLayout.BitmapOffset(entry) + VhdSpec.BitmapSize((int)header.BlockSize);
                    long own = (long)Math.Min((ulong)sectorsPerBlock, sectorCount - firstSector) * VhdSpec.SectorSize;
                    if (isOther && fileOffset >= dataOffset && fileOffset < dataOffset + own)
                    {
                        return true;
                    }

                    isFollowed |= ImageLayout.BitmapOffset(entry) >= fileOffset + VhdSpec.FooterSize && dataOffset + own <= file.Length;
                }
            }

            return isFollowed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}

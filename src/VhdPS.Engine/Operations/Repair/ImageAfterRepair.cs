using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>Shows an image as a repair would leave it, without a change. Memory is that of an entry for each changed sector.</summary>
internal sealed class ImageAfterRepair : NonOwningImageFile
{
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _sectors = [];
    private long _length;
    private long _ownEnd;

    public ImageAfterRepair(ImageFile file, IEnumerable<RepairPhase> phases)
        : base(file)
    {
        _length = _ownEnd = file.Length;
        foreach (FileEdit edit in phases.SelectMany(phase => phase.Edits))
        {
            if (edit.IsCut)
            {
                Cut(edit.FileOffset);
            }
            else
            {
                Put(edit.FileOffset, edit.NewBytes);
            }
        }
    }

    public override long Length => _length;

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        int length = (int)Math.Clamp(Length - fileOffset, 0, buffer.Length);
        Span<byte> bytes = buffer[..length];
        bytes[ReadOwn(fileOffset, bytes)..].Clear();
        for (long sector = fileOffset / VhdSpec.SectorSize; sector * VhdSpec.SectorSize < fileOffset + length; sector++)
        {
            if (_sectors.TryGetValue(sector, out ReadOnlyMemory<byte> changed))
            {
                long from = Math.Max(fileOffset, sector * VhdSpec.SectorSize);
                long end = Math.Min(fileOffset + length, (sector + 1) * VhdSpec.SectorSize);
                int start = (int)(from - (sector * VhdSpec.SectorSize));
                changed.Span.Slice(start, (int)(end - from)).CopyTo(bytes[(int)(from - fileOffset)..]);
            }
        }

        return length;
    }

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
    {
        dataOffset = fileOffset;
        dataEnd = Length;
        return fileOffset < Length;
    }

    private int ReadOwn(long fileOffset, Span<byte> bytes)
    {
        int length = (int)Math.Clamp(_ownEnd - fileOffset, 0, bytes.Length);
        return length == 0 ? 0 : base.ReadAt(fileOffset, bytes[..length]);
    }

    private void Put(long fileOffset, ReadOnlyMemory<byte> bytes)
    {
        _length = Math.Max(_length, fileOffset + bytes.Length);
        while (bytes.Length > 0)
        {
            int start = (int)(fileOffset % VhdSpec.SectorSize), count = Math.Min(bytes.Length, VhdSpec.SectorSize - start);
            long sector = fileOffset / VhdSpec.SectorSize;
            if (count == VhdSpec.SectorSize)
            {
                _sectors[sector] = bytes[..count];
            }
            else
            {
                bytes[..count].Span.CopyTo(CopyOf(sector).AsSpan(start));
            }

            bytes = bytes[count..];
            fileOffset += count;
        }
    }

    private void Cut(long length)
    {
        _length = length;
        if (length % VhdSpec.SectorSize is > 0 and long left)
        {
            CopyOf(length / VhdSpec.SectorSize).AsSpan((int)left).Clear();
        }

        _ownEnd = Math.Min(_ownEnd, length);
        foreach (long sector in _sectors.Keys.Where(sector => sector * VhdSpec.SectorSize >= length).ToList())
        {
            _sectors.Remove(sector);
        }
    }

    /// <summary>A sector of its own to write to: what is there now may be shared with other sectors.</summary>
    private byte[] CopyOf(long sector)
    {
        byte[] bytes = new byte[VhdSpec.SectorSize];
        if (_sectors.TryGetValue(sector, out ReadOnlyMemory<byte> changed))
        {
            changed.CopyTo(bytes);
        }
        else
        {
            ReadOwn(sector * VhdSpec.SectorSize, bytes);
        }

        _sectors[sector] = bytes;
        return bytes;
    }
}

using System.Buffers.Binary;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Files;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>
/// Makes hostile files of sound ones: fields of every structure get values at the borders of what they can hold, mostly with
/// their checksums made right again; files are cut and grown.
/// </summary>
internal sealed class VhdxMutator(Random random)
{
    /// <summary>The sound files; the same on every run.</summary>
    public static readonly MemoryImageFile[] Images = [.. Make()];

    private static readonly ulong[] Borders =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 31, 32, 255, 256, 511, 512, 513, 1023, 2047, 2048, 4095, 4096, 65535, 65536, 1 << 20, 2 << 20, 3 << 20,
        4 << 20,
        (4 << 20) + 6, (5 << 20) + 7, 32 << 20, 256 << 20, 513 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF, 0x100000000,
        1UL << 40, 64UL << 40,
        (64UL << 40) + 512, 1UL << 52, 1UL << 62, (1UL << 63) - (1 << 20), 1UL << 63, ulong.MaxValue - 0xFFFFF, ulong.MaxValue - 4095,
        ulong.MaxValue - 1,
        ulong.MaxValue,
    ];

    private static readonly (int At, int Size)[] HeaderFields =
    [
        (0, 4), (4, 4), (8, 8), (48, 8), (64, 2), (66, 2), (68, 4), (72, 8), (80, 8),
    ];

    private static readonly (int At, int Size)[] EntryFields = [(0, 8), (16, 4), (16, 8), (20, 4), (24, 4), (28, 4)];

    private static readonly (int At, int Size)[] LogFields =
    [
        (0, 4), (8, 4), (12, 4), (16, 8), (24, 4), (32, 8), (48, 8), (56, 8), (64, 4), (72, 8), (80, 8), (88, 8), (96, 4), (104, 8),
        (112, 8), (120, 8),
        (4096, 4), (4100, 4), (8188, 4),
    ];

    /// <summary>A hostile file.</summary>
    public PatchedFile Next()
    {
        var file = new PatchedFile(Images[random.Next(Images.Length)]);
        for (int count = random.Next(1, 5); count > 0; count--)
        {
            Mutate(file);
        }

        return file;
    }

    private static IEnumerable<MemoryImageFile> Make()
    {
        var dynamic = new VhdxBytes(10 * MiB);
        dynamic.AddBlock(3, [1, 2, 3]);
        dynamic.AddBlock(0, [4, 5, 6]);
        yield return dynamic.File;
        var child = new VhdxBytes((10 * MiB) - 512, hasParent: true);
        child.AddLocator(("parent_linkage", "{" + DataWriteGuid + "}"), ("relative_path", ".\\parent.vhdx"), ("volume_path", "x"));
        child.AddPartialBlock(9, [.. Enumerable.Range(0, 2048).Select(i => i % 3 == 0)], new byte[MiB]);
        child.AddBlock(1);
        yield return child.File;
        yield return new VhdxBytes(64L << 20, 32 * (int)MiB, 4096, isFixed: true).File;
        yield return new VhdxBytes(3L << 40, 256 * (int)MiB).File;
        yield return RandomLog.Make(1).Dirty.File;
        yield return RandomLog.Make(2).Dirty.File;
        VhdxBytes dirty = new(10 * MiB);
        var log = new LogBytes(dirty, start: ((int)MiB) - 8192);
        log.Add(new LogChange(TableOffset, new byte[4096]), new LogChange(dirty.File.Length - 4096, null));
        log.Add(new LogChange(192 * 1024, null, 65536), new LogChange(256 * 1024, null, 65536));
        log.MarkDirty();
        yield return dirty.File;
    }

    private void Mutate(PatchedFile file)
    {
        switch (random.Next(24))
        {
            case < 4:
                MutateHeader(file);
                break;
            case < 7:
                MutateRegions(file);
                break;
            case < 10:
                Put(file, MetadataOffset + 32 + (random.Next(7) * 32), EntryFields[random.Next(EntryFields.Length)]);
                break;
            case 10:
                Put(file, MetadataOffset, (8 + random.Next(24), random.Next(1, 3)));
                break;
            case 11 or 12:
                Put(file, MetadataOffset + 65536 + (random.Next(40) & ~3), (0, random.Next(2) == 0 ? 4 : 8));
                break;
            case 13:
                Put(file, MetadataOffset + 65576 + random.Next(100), (0, random.Next(1, 5)));
                break;
            case 14 or 15:
                MutateTable(file);
                break;
            case >= 16 and <= 20:
                MutateLog(file);
                break;
            case 21:
                file.Resize(random.Next(4) switch
                {
                    0 => random.NextInt64(Math.Min(file.Length, 1L << 30) + 1),
                    1 => file.Length / MiB * MiB,
                    2 => long.MaxValue,
                    _ => 1L << random.Next(20, 61),
                });
                break;
            default:
                for (int flips = random.Next(1, 9); flips > 0; flips--)
                {
                    long at = random.NextInt64(random.Next(2) == 0 ? 320 * 1024 : Math.Clamp(file.Length, 1, 1 << 30));
                    file.Patch(at, [(byte)(file.Read(at, 1)[0] ^ (1 << random.Next(8)))]);
                }

                break;
        }
    }

    private void MutateHeader(PatchedFile file)
    {
        (int at, int size) = HeaderFields[random.Next(HeaderFields.Length)];
        ulong value = NextValue(file);
        int which = random.Next(3);
        for (int i = 0; i < 2; i++)
        {
            if (which != i)
            {
                byte[] header = file.Read((i + 1) * 65536, 4096);
                Put(header, at, size, value);
                Seal(header, at);
                file.Patch((i + 1) * 65536, header);
            }
        }
    }

    private void MutateRegions(PatchedFile file)
    {
        (int at, int size) = random.Next(4) == 0 ? (random.Next(4) * 4, 4) : EntryFields[random.Next(EntryFields.Length)];
        at += at < 16 && size == 4 ? 0 : 16 + (random.Next(3) * 32);
        ulong value = NextValue(file);
        bool isMoved = random.Next(2) == 0;
        int which = random.Next(4);
        for (int i = 0; i < 2; i++)
        {
            if (which != i)
            {
                byte[] table = file.Read((192 + (64 * i)) * 1024, 65536);
                Put(table, at, size, isMoved && at >= 16 ? value & ~0xFFFFFUL : value);
                Seal(table, at);
                file.Patch((192 + (64 * i)) * 1024, table);
            }
        }
    }

    private void MutateTable(PatchedFile file)
    {
        for (int count = random.Next(1, 6); count > 0; count--)
        {
            long entry = TableOffset + (random.Next(random.Next(2) == 0 ? 16 : 40_000) * 8);
            ulong value = random.Next(3) switch
            {
                0 => NextValue(file),
                1 => ((ulong)(uint)random.Next(0, 16) << 20) | (uint)random.Next(8),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(file.Read(TableOffset + (random.Next(16) * 8), 8)),
            };
            file.Patch(entry, Bytes(value));
        }
    }

    private void MutateLog(PatchedFile file)
    {
        byte[] log = file.Read(LogOffset, (int)MiB);
        int[] entries = [.. Enumerable.Range(0, 256).Where(sector => log.AsSpan(sector * 4096).StartsWith("loge"u8))];
        if (entries.Length == 0)
        {
            return;
        }

        // The newest entry says most.
        int newest = entries.MaxBy(sector => BinaryPrimitives.ReadUInt64LittleEndian(log.AsSpan((sector * 4096) + 16)));
        int start = (random.Next(2) == 0 ? newest : entries[random.Next(entries.Length)]) * 4096;
        int length = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(log.AsSpan(start + 8)), 4096, (int)MiB) & ~4095;
        byte[] entry = [.. log.AsSpan(start), .. log.AsSpan(0, start)];
        entry = entry[..length];
        (int at, int size) = LogFields[random.Next(LogFields.Length)];
        if (at + size > length)
        {
            return;
        }

        Put(entry, at, size, NextValue(file));
        Seal(entry, at);

        // Where it was, or elsewhere, around the circle.
        int place = random.Next(5) == 0 ? random.Next(256) * 4096 : start;
        int first = Math.Min(length, (int)MiB - place);
        file.Patch(LogOffset + place, entry[..first]);
        file.Patch(LogOffset, entry[first..]);
    }

    private void Put(PatchedFile file, long fileOffset, (int At, int Size) field)
    {
        byte[] bytes = new byte[field.Size];
        Put(bytes, 0, field.Size, NextValue(file));
        file.Patch(fileOffset + field.At, bytes);
    }

    private void Seal(byte[] structure, int changedAt)
    {
        if (changedAt != 4 && random.Next(8) != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(structure.AsSpan(4), Crc32C.Of(structure, 4));
        }
    }

    private ulong NextValue(PatchedFile file) => random.Next(6) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => (ulong)random.NextInt64(Math.Min(file.Length, 1L << 60) + 4096),
        2 => unchecked((ulong)(file.Length + random.Next(-3, 4))),
        3 => (ulong)random.Next(0, 20) << 20,
        _ => Borders[random.Next(Borders.Length)],
    };

    private static void Put(byte[] bytes, int at, int size, ulong value) =>
        BitConverter.GetBytes(value).AsSpan(0, size).CopyTo(bytes.AsSpan(at));
}

using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Partitions;

/// <summary>How small a disk can become by its table.</summary>
public sealed class MinimumDiskSizeTests
{
    private const long Sectors = 40_000;
    private const long Mebi = 1024 * 1024;

    [Fact]
    public void A_GPT_needs_its_entries_and_a_sector_after_the_last_partition()
    {
        // The last sector is 4095: 33 sectors more do not fit into 2 MiB.
        Assert.Equal(3 * Mebi, MinimumDiskSize.Of(TableBytes.Gpt(Sectors, (2048, 4095)).Table).SizeBytes);
        Assert.Equal(2 * Mebi, MinimumDiskSize.Of(TableBytes.Gpt(Sectors, (2048, 4096 - 34)).Table).SizeBytes);
        Assert.Equal(3 * Mebi, MinimumDiskSize.Of(TableBytes.Gpt(Sectors, (2048, 4096 - 33)).Table).SizeBytes);
        Assert.Equal(Mebi, MinimumDiskSize.Of(TableBytes.Gpt(Sectors).Table).SizeBytes);

        // Sectors of 4096 bytes: four of them for the entries.
        Assert.Equal(2 * Mebi, MinimumDiskSize.Of(TableBytes.Gpt(2000, 4096, (256, 506)).Table).SizeBytes);
        Assert.Equal(3 * Mebi, MinimumDiskSize.Of(TableBytes.Gpt(2000, 4096, (256, 507)).Table).SizeBytes);
    }

    [Fact]
    public void An_MBR_ends_with_its_last_partition_also_a_logical_or_an_extended_one()
    {
        Assert.Equal(2 * Mebi, MinimumDiskSize.Of(TableBytes.Mbr(Sectors, (0x83, 2048, 2048)).Table).SizeBytes);
        Assert.Equal(3 * Mebi, MinimumDiskSize.Of(TableBytes.Mbr(Sectors, (0x83, 2048, 2049)).Table).SizeBytes);
        Assert.Equal(
            5 * Mebi, MinimumDiskSize.Of(TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 2048, 100)).Table).SizeBytes);
    }

    [Fact]
    public void A_hybrid_record_counts() =>
        Assert.Equal(
            10 * Mebi,
            MinimumDiskSize.Of(TableBytes.Gpt(Sectors, (2048, 4095)).PutRecord(0, (0xEE, 1, 2047), (0x83, 2048, 18_000)).Table).SizeBytes);

    [Fact]
    public void The_size_is_never_more_than_the_disk()
    {
        TableBytes odd = TableBytes.Gpt(Sectors + 7, (2048, (ulong)Sectors - 60));
        Assert.Equal((Sectors + 7) * 512, MinimumDiskSize.Of(odd.Table).SizeBytes);
    }

    [Fact]
    public void What_cannot_be_known_is_not_made_smaller()
    {
        void Refused(MinimumSizeVerdict verdict, TableBytes bytes)
        {
            MinimumDiskSize minimum = MinimumDiskSize.Of(bytes.Table);
            Assert.Equal((verdict, (long?)null), (minimum.Verdict, minimum.SizeBytes));
            Assert.NotEmpty(minimum.Reason);
        }

        TableBytes empty = TableBytes.Mbr(Sectors);
        empty.Bytes.AsSpan().Clear();
        Refused(MinimumSizeVerdict.NoTable, empty);
        Refused(MinimumSizeVerdict.TableUnknown, TableBytes.Mbr(Sectors));
        Refused(MinimumSizeVerdict.Managed, TableBytes.Mbr(Sectors, (0x42, 63, 20_000)));
        Refused(MinimumSizeVerdict.TableDamaged, TableBytes.Mbr(Sectors, (0x83, 2048, 50_000)));
        Refused(MinimumSizeVerdict.TableDamaged, TableBytes.Mbr(Sectors, (0x05, 2048, 8192)));
        Refused(MinimumSizeVerdict.TableDamaged, TableBytes.Mbr(Sectors, (0xEE, 1, 39_999)));
        Refused(MinimumSizeVerdict.TableDamaged, TableBytes.Gpt(Sectors, (2048, 4095)).Put(512, 0));
        Refused(MinimumSizeVerdict.TableDamaged, TableBytes.Gpt(Sectors, (2048, 4095)).PutRecord(0, (0x83, 2048, 2048)));
        Refused(MinimumSizeVerdict.TableDamaged, TableBytes.Gpt(Sectors, (2048, 4095)).PutEntry(1, 8192, 9000).Seal());
        TableBytes sun = TableBytes.Mbr(Sectors);
        sun.Bytes.AsSpan(0, 512).Clear();
        sun.Put(508, 0xBEDA, 2);
        Refused(MinimumSizeVerdict.TableUnknown, sun);
    }
}

using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Optimize;

public sealed class InPlaceCompactionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void The_file_is_as_long_as_one_that_never_held_the_zeros(int blockSize)
    {
        byte[] disk = new byte[64 * blockSize];
        var random = new Random(blockSize);
        string path = Make("full.vhd", disk.Length, blockSize), wanted = Make("wanted.vhd", disk.Length, blockSize);
        random.NextBytes(disk);
        Write(path, disk);
        foreach (int blockIndex in Enumerable.Range(0, 64).Where(_ => random.Next(3) != 0))
        {
            disk.AsSpan(blockIndex * blockSize, blockSize).Clear();
        }

        Write(path, disk);
        Write(wanted, disk);
        CompactionResult plan = InPlaceCompaction.Plan(path, new CompactionOptions());
        CompactionResult result = InPlaceCompaction.Run(path, new CompactionOptions());
        Assert.Equal(plan, result);
        Assert.Equal(new FileInfo(path).Length, result.FileLengthAfter);
        Assert.Equal(new FileInfo(wanted).Length, result.FileLengthAfter);
        Verdict.AssertContent(File.ReadAllBytes(path), VhdOpenOptions.Default, disk);
        Verdict.AssertClean(path);
        Assert.Equal(
            (0, 0),
            InPlaceCompaction.Run(path, new CompactionOptions()) is var again ? (again.DroppedBlockCount, again.MovedBlockCount) : default);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Blocks_are_put_in_the_order_of_the_disk(int blocksARound)
    {
        const int count = 200, blockSize = 4096;
        byte[] disk = new byte[count * blockSize];
        var random = new Random(blocksARound);
        string path = Make("mixed.vhd", disk.Length, blockSize);
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            foreach (int blockIndex in Enumerable.Range(0, count).OrderBy(_ => random.Next()).Take(150))
            {
                Span<byte> block = disk.AsSpan(blockIndex * blockSize, blockSize);
                random.NextBytes(block);
                image.WriteSectors(blockIndex * (blockSize / 512), block);
            }
        }

        Assert.NotEqual(Enumerable.Range(0, 150), RanksByPlace(path));
        long length = new FileInfo(path).Length;
        var options = new CompactionOptions { Orders = true, RoundBytes = blocksARound * (blockSize + 512) };
        CompactionResult plan = InPlaceCompaction.Plan(path, options), result = InPlaceCompaction.Run(path, options);
        Assert.Equal(plan, result);
        Assert.InRange(result.MovedBlockCount, 75, 300);
        Assert.InRange(result.SpareBytes, blockSize + 512, (Math.Min(blocksARound, 150) + 1) * 2 * blockSize);
        Assert.Equal(Enumerable.Range(0, 150), RanksByPlace(path));
        Assert.Equal(length, new FileInfo(path).Length);
        Verdict.AssertContent(File.ReadAllBytes(path), VhdOpenOptions.Default, disk);
        Verdict.AssertClean(path);
        Assert.Equal((0, 0L), InPlaceCompaction.Run(path, options) is var again ? (again.MovedBlockCount, again.SpareBytes) : default);
    }

    [Fact]
    public void Without_reading_data_only_what_no_bit_holds_is_dropped()
    {
        string path = _folder.Write("bits.vhd", ImageBytes.Dynamic(16 * 4096).AddBlock(1, 0).AddBlock(2, 0, [0]).AddBlock(3, 7).Bytes);
        Assert.Equal(1, InPlaceCompaction.Plan(path, new CompactionOptions { ReadsData = false }).DroppedBlockCount);
        Assert.Equal(2, InPlaceCompaction.Plan(path, new CompactionOptions()).DroppedBlockCount);
    }

    [Fact]
    public void A_child_drops_what_its_parent_holds_as_well()
    {
        string parent = Make("parent.vhd", 64 * 4096, 4096), child = _folder["child.vhd"];
        byte[] disk = new byte[64 * 4096];
        new Random(3).NextBytes(disk);
        Write(parent, disk);
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        long empty = new FileInfo(child).Length;
        Write(child, disk);
        disk[4096 * 9]++;
        Write(child, disk);
        Assert.Equal(63, InPlaceCompaction.Run(child, new CompactionOptions()).DroppedBlockCount);
        Assert.InRange(new FileInfo(child).Length, empty + 4096, empty + 4096 + 512 + 4096);
        using (VhdImage image = VhdImage.Open(child))
        {
            byte[] read = new byte[disk.Length];
            image.ReadSectors(0, read);
            Assert.Equal(disk, read);
        }

        Verdict.AssertClean(child);
    }

    [Fact]
    public void A_fixed_image_and_a_saved_state_are_refused()
    {
        string path = _folder.Write("fixed.vhd", SoundImage.Fixed().Bytes);
        Assert.Equal(OperationError.WrongType, Assert.Throws<VhdOperationException>(
            () => InPlaceCompaction.Run(path, new CompactionOptions())).Code);
        path = _folder.Write("saved.vhd", SoundImage.Dynamic().PutFooter(84, [1]).Bytes);
        Assert.Equal(OperationError.StateSaved, Assert.Throws<VhdOperationException>(
            () => InPlaceCompaction.Run(path, new CompactionOptions())).Code);
        InPlaceCompaction.Run(path, new CompactionOptions { Force = true });
    }

    private static void Write(string path, byte[] disk)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        for (int at = 0; at < disk.Length; at += 512)
        {
            image.WriteSectors(at / 512, disk.AsSpan(at, 512));
        }
    }

    /// <summary>The blocks as they lie in the file, each by its rank on the disk.</summary>
    private static IEnumerable<int> RanksByPlace(string path)
    {
        using VhdImage image = VhdImage.Open(path);
        uint[] entries = [.. image.Map.Table!.Entries.ToArray().Where(entry => entry != VhdSpec.UnusedEntry)];
        return [.. Enumerable.Range(0, entries.Length).OrderBy(rank => entries[rank])];
    }

    private string Make(string name, long size, int blockSize)
    {
        ImageCreator.Create(_folder[name], new NewImage(size)
        {
            BlockSize = blockSize,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        return _folder[name];
    }
}

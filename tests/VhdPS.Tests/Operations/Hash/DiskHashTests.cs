using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Hash;

public class DiskHashTests
{
    [Theory]
    [InlineData("raw")]
    [InlineData("raw with holes")]
    [InlineData("fixed")]
    [InlineData("dynamic")]
    [InlineData("small blocks backward")]
    public void The_hash_is_the_raw_disks_whatever_holds_it(string form)
    {
        foreach (string content in DiskModel.Contents)
        {
            using var folder = new TempFolder();
            byte[] disk = DiskModel.Make(content, (5 << 20) + 1536);
            using DiskSource source = Open(folder, form, disk);
            Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA256));
            Assert.Equal(SHA512.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA512));
        }
    }

    [Theory]
    [InlineData("raw with holes", 4096)]
    [InlineData("small blocks backward", 1 << 20)]
    [InlineData("dynamic", 3 * 4096)]
    [InlineData("fixed", 16 << 20)]
    public void Blocks_are_those_with_data_and_their_hashes_those_of_their_bytes(string form, int blockSize)
    {
        foreach (string content in DiskModel.Contents)
        {
            using var folder = new TempFolder();
            byte[] disk = DiskModel.Make(content, (5 << 20) + 1536);
            using DiskSource source = Open(folder, form, disk);
            var expected = new List<(long, long, string)>();
            for (int at = 0; at < disk.Length; at += blockSize)
            {
                ReadOnlySpan<byte> block = disk.AsSpan(at, Math.Min(blockSize, disk.Length - at));
                if (block.ContainsAnyExcept((byte)0))
                {
                    expected.Add((at, block.Length, System.Convert.ToHexString(SHA256.HashData(block))));
                }
            }

            Assert.Equal(
                expected,
                DiskHash.ComputeBlocks(source, HashAlgorithmName.SHA256, blockSize)
                    .Select(block => (block.Offset, block.Length, System.Convert.ToHexString(block.Hash))));
        }
    }

    [Fact]
    public void A_raw_file_of_odd_length_is_hashed_to_its_last_byte()
    {
        byte[] disk = DiskModel.Make("full", 100_001);
        using DiskSource source = DiskSource.Open(new MemoryImageFile(disk), SourceFormat.Raw);
        Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA256));
        Assert.Equal(SHA256.HashData(disk.AsSpan(98_304)), DiskHash.ComputeBlocks(source, HashAlgorithmName.SHA256, 32768).Last().Hash);
    }

    [Fact]
    public void Zeros_are_not_read()
    {
        byte[] image = ImageBytes.Dynamic(1L << 30, 1 << 21).AddBlock(100, 9).Bytes;
        using var file = new FlakyImageFile(new MemoryImageFile(image));
        using DiskSource source = DiskSource.Open(file, SourceFormat.Vhd);
        int before = file.Reads;
        DiskHash.Compute(source, HashAlgorithmName.MD5);
        Assert.Equal(3, file.Reads - before);
    }

    [Fact]
    public void Cancelling_in_a_long_stretch_of_zeros_ends_it()
    {
        using DiskSource source = DiskSource.Open(new MemoryImageFile(ImageBytes.Dynamic(2040L << 30, 1 << 28).Bytes), SourceFormat.Vhd);
        using var cancellation = new CancellationTokenSource();
        var progress = new StepProgress(step =>
        {
            if (step == 5)
            {
                cancellation.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(
            () => DiskHash.Compute(source, HashAlgorithmName.SHA256, progress, cancellation.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    [InlineData(32 << 20)]
    public void A_block_size_out_of_range_is_refused(int blockSize)
    {
        using DiskSource source = DiskSource.Open(new MemoryImageFile(new byte[512]), SourceFormat.Raw);
        Assert.Throws<ArgumentException>(() => DiskHash.ComputeBlocks(source, HashAlgorithmName.SHA256, blockSize));
    }

    private static DiskSource Open(TempFolder folder, string form, byte[] disk) => DiskSource.Open(
        DiskModel.Write(folder, form, disk), form.StartsWith("raw", StringComparison.Ordinal) ? SourceFormat.Raw : SourceFormat.Vhd);
}

using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Merge;

/// <summary>After a merge the disk is the child's, bit for bit and in size, or nothing was changed (G4).</summary>
public sealed class MergeExactTests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void Data_of_a_grandparent_past_the_parents_end_never_comes_back(bool force, int depth)
    {
        // p has data at sector 6000, c ends at 1 MiB and d at 4 MiB: d reads zeros there.
        Make("p.vhd", 4 * Mebibyte, null, 6000);
        Make("c.vhd", 4 * Mebibyte, "p.vhd", 3);
        Resize("c.vhd", 1 * Mebibyte);
        Make("d.vhd", 1 * Mebibyte, "c.vhd", 5);
        Resize("d.vhd", 4 * Mebibyte);
        AssertRefused(Options("d.vhd") with { Force = force, Depth = depth }, OperationError.ParentDataWouldShow);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_end_that_a_child_was_shrunk_by_never_comes_back(bool force)
    {
        Make("p.vhd", 4 * Mebibyte, null, 6000);
        Make("c.vhd", 4 * Mebibyte, "p.vhd", 3);
        Resize("c.vhd", 1 * Mebibyte);
        AssertRefused(Options("c.vhd") with { Force = force }, OperationError.ParentDataWouldShow);
    }

    [Fact]
    public void All_levels_are_judged_before_the_first_is_changed()
    {
        // The leaf fits its parent; the root is larger than the leaf.
        Make("p.vhd", 8 * Mebibyte, null, 12000);
        Make("c.vhd", 8 * Mebibyte, "p.vhd", 3);
        Resize("c.vhd", 4 * Mebibyte);
        Make("d.vhd", 4 * Mebibyte, "c.vhd", 5);
        AssertRefused(Options("d.vhd") with { Depth = 2, Force = true }, OperationError.ParentDataWouldShow);
    }

    [Fact]
    public void A_grown_child_over_a_smaller_parent_without_data_below_is_merged()
    {
        Make("p.vhd", 1 * Mebibyte, null, 100);
        Make("c.vhd", 1 * Mebibyte, "p.vhd", 3);
        Resize("c.vhd", 4 * Mebibyte);
        Write("c.vhd", 8000);
        byte[] before = ReadAll("c.vhd");
        Assert.Equal(4 * Mebibyte, MergeOperation.Run(Options("c.vhd")).NewSizeBytes);
        Assert.Equal(before, ReadAll("p.vhd"));
        Assert.False(File.Exists(_folder["c.vhd"]));
        Assert.True(ImageChecker.Check(_folder["p.vhd"], new CheckOptions { Full = true }).IsValid);
    }

    [Fact]
    public void The_part_of_a_child_that_only_its_current_size_shows_is_merged()
    {
        Make("p.vhd", 64 * 1024, null, 1);
        Make("c.vhd", 64 * 1024, "p.vhd", 3);
        Write("c.vhd", 100);
        byte[] before = ReadAll("c.vhd");
        byte[] bytes = File.ReadAllBytes(_folder["c.vhd"]);
        foreach (int at in new[] { 0, bytes.Length - 512 })
        {
            "vpc "u8.CopyTo(bytes.AsSpan(at + 28));
            new byte[] { 0, 1, 4, 16 }.CopyTo(bytes, at + 56);
            ImageBytes.Seal(bytes.AsSpan(at, 512), 64);
        }

        File.WriteAllBytes(_folder["c.vhd"], bytes);
        using (VhdImage image = VhdImage.Open(_folder["c.vhd"]))
        {
            Assert.Equal(64, image.SectorCount);
        }

        MergeOperation.Run(Options("c.vhd"));
        Assert.Equal(before, ReadAll("p.vhd"));
    }

    private void AssertRefused(MergeOptions options, OperationError code)
    {
        Dictionary<string, byte[]> before = Directory.GetFiles(_folder.Root).ToDictionary(path => path, File.ReadAllBytes);
        Assert.Equal(code, Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(options)).Code);
        Assert.Equal(code, Assert.Throws<VhdOperationException>(() => MergeOperation.Run(options)).Code);
        Assert.Equal(before.Keys.Order(), Directory.GetFiles(_folder.Root).Order());
        Assert.All(before, pair => Assert.Equal(pair.Value, File.ReadAllBytes(pair.Key)));
    }

    private MergeOptions Options(string name) => new(_folder[name]) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    private void Make(string name, long size, string? parent, int sector)
    {
        if (parent is null)
        {
            ImageCreator.Create(_folder[name], new NewImage(size) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        }
        else
        {
            ChildCreator.Create(_folder[name], new NewChild(_folder[parent]) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        }

        Write(name, sector);
    }

    private void Write(string name, int sector)
    {
        using VhdImage image = VhdImage.Open(_folder[name], new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(sector, [.. Enumerable.Repeat((byte)(sector + name[0]), 512)]);
    }

    private void Resize(string name, long size) =>
        ResizeOperation.Run(new ResizeOptions(_folder[name]) { SizeBytes = size, Force = true });

    private byte[] ReadAll(string name)
    {
        using VhdImage image = VhdImage.Open(_folder[name]);
        byte[] bytes = new byte[image.SectorCount * 512];
        image.ReadSectors(0, bytes);
        return bytes;
    }
}

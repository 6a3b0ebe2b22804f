using System.Management.Automation;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Commands;

public sealed class CompareVpcImageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public CompareVpcImageTests()
    {
        _session = new ModuleSession(_folder.Root);
        _folder.Write("a.vhd", ImageBytes.Fixed().Bytes);
        _folder.Write("b.vhd", ImageBytes.Fixed().Poke(5 * 512, new byte[1024]).Poke(60 * 512, [1]).Bytes);
        _folder.Write("a.raw", SoundImage.FixedContent());
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Ranges_tell_where_two_disks_differ()
    {
        IReadOnlyList<PSObject> found = _session.Run("Compare-VpcImage a.vhd b.vhd").WithoutErrors().Output;
        Assert.Equal([(5L, 2L, ComparisonSide.Both), (60L, 1L, ComparisonSide.Both)], found.Select(Range));
        Assert.Equal(_folder["a.vhd"], found[0].Properties["ReferencePath"].Value);
        Assert.Equal(_folder["b.vhd"], found[0].Properties["DifferencePath"].Value);
        Assert.Equal((2560L, 1024L), (found[0].Properties["Offset"].Value, found[0].Properties["Length"].Value));
    }

    [Fact]
    public void Equal_ranges_are_shown_when_asked_for()
    {
        IReadOnlyList<PSObject> found = _session.Run("Compare-VpcImage a.vhd b.vhd -IncludeEqual").WithoutErrors().Output;
        Assert.Equal([(0L, 5L), (5L, 2L), (7L, 53L), (60L, 1L), (61L, 67L)], found.Select(item => (Range(item).Sector, Range(item).Count)));
    }

    [Fact]
    public void The_container_does_not_matter_but_must_be_named()
    {
        Assert.Empty(_session.Run("Compare-VpcImage a.vhd a.raw -DifferenceFormat Raw").WithoutErrors().Output);
        Assert.Equal("NotVhd,VhdPS.Commands.CompareVpcImageCommand", _session.Run("Compare-VpcImage a.vhd a.raw").SingleError().FullyQualifiedErrorId);
    }

    [Fact]
    public void Quiet_answers_for_each_file_of_the_pipeline()
    {
        SessionResult result = _session.Run("Get-ChildItem a.vhd, b.vhd | Compare-VpcImage a.vhd -Quiet");
        Assert.Equal([true, false], result.WithoutErrors().As<bool>());
        Assert.Equal([false], _session.Run("Compare-VpcImage a.vhd b.vhd -Structure:$false -Quiet").WithoutErrors().As<bool>());
    }

    [Fact]
    public void Sizes_that_differ_are_told_and_zeros_behind_the_smaller_are_equal()
    {
        _folder.Write("long.raw", [.. SoundImage.FixedContent(), .. new byte[8192]]);
        SessionResult result = _session.Run("Compare-VpcImage a.vhd long.raw -DifferenceFormat Raw -Quiet");
        Assert.Equal([true], result.WithoutErrors().As<bool>());
        Assert.Contains("73728", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Structures_are_compared_field_by_field()
    {
        _folder.Write("c.vhd", ImageBytes.Fixed().PutFooter(28, "qem2").Bytes);
        IReadOnlyList<PSObject> found = _session.Run("Compare-VpcImage a.vhd c.vhd -Structure").WithoutErrors().Output;
        Assert.Equal(["CreatorApplication", "Checksum"], found.Select(item => item.Properties["Field"].Value));
        Assert.Equal(("win ", "qem2"), (found[0].Properties["Reference"].Value, found[0].Properties["Difference"].Value));
        Assert.Equal([true], _session.Run("Compare-VpcImage a.vhd b.vhd -Structure -Quiet").WithoutErrors().As<bool>());
        Assert.Equal(
            "InvalidArgument,VhdPS.Commands.CompareVpcImageCommand",
            _session.Run("Compare-VpcImage a.vhd a.raw -DifferenceFormat Raw -Structure").SingleError().FullyQualifiedErrorId);
    }

    [Fact]
    public void The_first_range_alone_ends_the_work()
    {
        PSObject first = Assert.Single(_session.Run("Compare-VpcImage a.vhd b.vhd | Select-Object -First 1").WithoutErrors().Output);
        Assert.Equal(5L, Range(first).Sector);

        // The files are closed again.
        File.Delete(_folder["a.vhd"]);
        _session.Run("Write-VpcSector b.vhd 0 ([byte[]]::new(512))").WithoutErrors();
    }

    [Fact]
    public void The_views_fit()
    {
        string text = _session.RunFormatted("Compare-VpcImage a.vhd b.vhd; Compare-VpcImage a.vhd b.vhd -IncludeEqual | Select-Object -First 1");
        Assert.Contains("Sector  SectorCount", text, StringComparison.Ordinal);
        Assert.Contains("1 KiB Both", text, StringComparison.Ordinal);
    }

    private static (long Sector, long Count, ComparisonSide Side) Range(PSObject item) =>
        ((long)item.Properties["Sector"].Value, (long)item.Properties["SectorCount"].Value, (ComparisonSide)item.Properties["Side"].Value);
}

using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Tests.Commands;

public sealed class SectorCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;
    private readonly byte[] _data = new byte[1024];

    public SectorCommandTests()
    {
        new Random(1).NextBytes(_data);
        _session = new ModuleSession(_folder.Root);
        _session.Run("New-VpcImage d.vhd -Size 20GB").WithoutErrors();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        PSObject read = _session.Run(
            "Write-VpcSector -Path d.vhd -Sector 4000 -Data $data; Read-VpcSector -Path d.vhd -Sector 4000 -Count 2", ("data", _data))
            .WithoutErrors().Output.Single();
        Assert.Equal(_data, read.Properties["Data"].Value);
        Assert.Equal(4000L, read.Properties["Sector"].Value);
        Assert.Equal(2L, read.Properties["Count"].Value);
        Assert.Equal(SectorOrigin.File, read.Properties["Origin"].Value);
        long offset = (long)read.Properties["FileOffset"].Value;
        Assert.Equal(_data, File.ReadAllBytes(_folder["d.vhd"]).AsSpan((int)offset, 1024).ToArray());
        using var image = VhdImage.Open(_folder["d.vhd"], new VhdOpenOptions { ForWriting = true });
        Assert.Empty(image.Layout.Findings);
    }

    [Fact]
    public void Runs_of_different_origin_are_objects_of_their_own()
    {
        IReadOnlyList<PSObject> runs = _session.Run(
            "Write-VpcSector d.vhd 4096 $data; Read-VpcSector d.vhd 4094 4", ("data", _data)).WithoutErrors().Output;
        Assert.Equal([SectorOrigin.Zero, SectorOrigin.File], runs.Select(run => (SectorOrigin)run.Properties["Origin"].Value));
        Assert.Equal([4094L, 4096L], runs.Select(run => (long)run.Properties["Sector"].Value));
        Assert.Null(runs[0].Properties["FileOffset"].Value);
    }

    [Fact]
    public void Raw_gives_one_array_for_a_small_request_across_blocks()
    {
        byte[] raw = _session.Run("Write-VpcSector d.vhd 4095 $data; Read-VpcSector d.vhd 4094 4 -Raw", ("data", _data))
            .WithoutErrors().As<byte[]>().Single();
        Assert.Equal([.. new byte[512], .. _data, .. new byte[512]], raw);
    }

    [Fact]
    public void A_long_read_comes_in_bounded_pieces()
    {
        IReadOnlyList<byte[]> raw = _session.Run("Read-VpcSector d.vhd 1 16384 -Raw").WithoutErrors().As<byte[]>();
        Assert.Equal(16384 * 512, raw.Sum(piece => piece.Length));
        Assert.All(raw, piece => Assert.InRange(piece.Length, 512, 2 << 20));
    }

    [Fact]
    public void Sectors_pass_from_image_to_image()
    {
        _session.Run("""
            Write-VpcSector d.vhd 4095 $data
            $null = New-VpcImage e.vhd -Size 8MB -VhdType Fixed
            Read-VpcSector d.vhd 4000 200 | Write-VpcSector e.vhd
            """, ("data", _data)).WithoutErrors();
        IReadOnlyList<byte[]> both = _session.Run("Read-VpcSector d.vhd 4000 200 -Raw; Read-VpcSector e.vhd 4000 200 -Raw").As<byte[]>();
        Assert.Equal(both[0], both[1]);
    }

    [Theory]
    [InlineData("Read-VpcSector d.vhd 41943040")]
    [InlineData("Read-VpcSector d.vhd 41943039 2")]
    [InlineData("Read-VpcSector d.vhd 0 ([long]::MaxValue)")]
    [InlineData("Read-VpcSector d.vhd ([long]::MaxValue) 1 -Raw")]
    [InlineData("Write-VpcSector d.vhd 41943039 $data")]
    [InlineData("Write-VpcSector d.vhd 0 $data[0..510]")]
    public void A_request_that_is_not_on_the_disk_does_nothing(string script)
    {
        byte[] before = File.ReadAllBytes(_folder["d.vhd"]);
        SessionResult result = _session.Run(script, ("data", _data));
        Assert.Equal(ErrorCategory.InvalidArgument, result.SingleError().CategoryInfo.Category);
        Assert.Contains("d.vhd", result.SingleError().ToString(), StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Equal(before, File.ReadAllBytes(_folder["d.vhd"]));
    }

    [Fact]
    public void Nothing_is_written_with_what_if()
    {
        byte[] before = File.ReadAllBytes(_folder["d.vhd"]);
        _session.Run("Write-VpcSector d.vhd 0 $data -WhatIf", ("data", _data)).WithoutErrors();
        Assert.Equal(before, File.ReadAllBytes(_folder["d.vhd"]));
    }

    [Fact]
    public void A_locked_image_is_busy()
    {
        using var writer = VhdImage.Open(_folder["d.vhd"], new VhdOpenOptions { ForWriting = true });
        foreach (string script in new[] { "Read-VpcSector d.vhd 0", "Write-VpcSector d.vhd 0 $data", "Get-VpcImage d.vhd" })
        {
            ErrorRecord error = _session.Run(script, ("data", _data)).SingleError();
            Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
            Assert.StartsWith("ImageInUse,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_long_read_stops()
    {
        RunningScript script = _session.Start("Read-VpcSector d.vhd 0 41943040");
        script.WaitForSign();
        Assert.True(script.Stop().WasStopped);
        using var image = VhdImage.Open(_folder["d.vhd"], new VhdOpenOptions { ForWriting = true });
        Assert.Empty(image.Layout.Findings);
    }

    [Fact]
    public void Select_first_ends_the_read_and_not_the_script()
    {
        SessionResult result = _session.Run("Read-VpcSector d.vhd 0 41943040 | Select-Object -First 1; 'after'").WithoutErrors();
        Assert.Equal("after", result.Output[^1].BaseObject);
        Assert.Equal(2, result.Output.Count);
    }

    [Fact]
    public void Records_for_one_image_are_written_in_order()
    {
        _session.Run("""
            0..9 | ForEach-Object { [pscustomobject]@{ Sector = $_; Data = [byte[]](, ($_ + 1) * 512) } } | Write-VpcSector d.vhd
            """).WithoutErrors();
        byte[] raw = _session.Run("Read-VpcSector d.vhd 0 10 -Raw").As<byte[]>().Single();
        Assert.All(Enumerable.Range(0, 10), sector => Assert.Equal(sector + 1, raw[sector * 512]));
    }

    [Fact]
    public void The_view_is_a_hex_dump_that_fits()
    {
        string text = _session.RunFormatted(
            "Write-VpcSector d.vhd 0 $data; Read-VpcSector d.vhd 0", ("data", "Hello, disk."u8.ToArray().Concat(new byte[500]).ToArray()));
        Assert.Contains("00000000  48 65 6c 6c 6f 2c 20 64  69 73 6b 2e 00 00 00 00  Hello, disk.....", text, StringComparison.Ordinal);
        Assert.Contains("Sector 0: file offset ", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }
}

using System.Management.Automation;
using System.Xml.Linq;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Tests.Commands;

/// <summary>Get-VpcBlock and Show-VpcMap.</summary>
public sealed class BlockCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public BlockCommandTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run("""
            $null = New-VpcImage base.vhd -Size 16MB -BlockSize 512KB
            $data = [byte[]](, 0xAB * 524288)
            Write-VpcSector base.vhd (20 * 1024) $data
            Write-VpcSector base.vhd (4 * 1024) $data
            Write-VpcSector base.vhd (5 * 1024) $data
            $null = New-VpcImage child.vhd -ParentPath base.vhd
            Write-VpcSector child.vhd (4 * 1024 + 10) ([byte[]]::new(1024))
            $null = New-VpcImage fixed.vhd -Size 5MB -VhdType Fixed
            """).WithoutErrors();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Blocks_come_in_runs()
    {
        IReadOnlyList<PSObject> runs = _session.Run("Get-VpcBlock base.vhd").WithoutErrors().Output;
        Assert.Equal([(0L, 4L), (4L, 2L), (6L, 14L), (20L, 1L), (21L, 11L)], runs.Select(run => ((long)run.Properties["Block"].Value, (long)run.Properties["Count"].Value)));
        Assert.Equal(
            [BlockState.Zero, BlockState.Allocated, BlockState.Zero, BlockState.Allocated, BlockState.Zero], runs.Select(run => run.Properties["State"].Value));
        Assert.Equal(16L * 2048, runs.Sum(run => (long)run.Properties["SectorCount"].Value));
        Assert.Null(runs[0].Properties["FileOffset"].Value);
        byte[] file = File.ReadAllBytes(_folder["base.vhd"]);
        Assert.All(runs.Where(run => run.Properties["FileOffset"].Value is not null), run => Assert.Equal(0xAB, file[(long)run.Properties["FileOffset"].Value]));
        Assert.Equal([4L, 20L], _session.Run("Get-VpcBlock base.vhd -Allocated").Output.Select(run => (long)run.Properties["Block"].Value));
        Assert.Equal([5L, 20L], _session.Run("Get-VpcBlock base.vhd -Block 5, 20").Output.Select(run => (long)run.Properties["Block"].Value));
        Assert.Single(_session.Run("Get-VpcBlock fixed.vhd").WithoutErrors().Output);
        Assert.Equal(ErrorCategory.InvalidArgument, _session.Run("Get-VpcBlock base.vhd -Block 32").SingleError().CategoryInfo.Category);
    }

    [Fact]
    public void Bitmaps_are_read_on_request()
    {
        IReadOnlyList<PSObject> runs = _session.Run("Get-VpcBlock child.vhd -Detailed").WithoutErrors().Output;
        Assert.Equal([BlockState.Parent, BlockState.Partial, BlockState.Parent], runs.Select(run => run.Properties["State"].Value));
        Assert.Equal(2L, runs[1].Properties["WrittenSectorCount"].Value);
        Assert.Null(_session.Run("Get-VpcBlock child.vhd -Allocated").Output.Single().Properties["WrittenSectorCount"].Value);
    }

    [Fact]
    public void A_chain_tells_the_owning_file()
    {
        IReadOnlyList<PSObject> runs = _session.Run("Get-VpcBlock child.vhd -Chain -Block 4").WithoutErrors().Output;
        Assert.Equal(["base.vhd", "child.vhd", "base.vhd"], runs.Select(run => Path.GetFileName((string)run.Properties["OwnerPath"].Value)));
        Assert.Equal([10L, 2L, 1012L], runs.Select(run => (long)run.Properties["SectorCount"].Value));
        File.Delete(_folder["base.vhd"]);
        Assert.StartsWith("ParentNotFound,", _session.Run("Get-VpcBlock child.vhd -Chain").SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(3, _session.Run("Get-VpcBlock child.vhd").WithoutErrors().Output.Count);
    }

    [Fact]
    public void The_map_is_plain_where_there_is_no_terminal()
    {
        string text = _session.RunFormatted("Show-VpcMap base.vhd");
        string[] lines = [.. text.Split('\n').Select(line => line.TrimEnd())];
        Assert.Contains("base.vhd: Dynamic, 16 MiB", lines);
        Assert.Contains("3 of 32 blocks of 512 KiB in the file, 50 % fragmented", lines);
        Assert.Contains("        0 B ....36..............0...........", lines);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 119));
        Assert.DoesNotContain('\u001B', text);
        Assert.Contains("-", _session.RunFormatted("Show-VpcMap child.vhd -Detailed"), StringComparison.Ordinal);
        Assert.Contains("Fixed", _session.RunFormatted("Show-VpcMap fixed.vhd"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_drawing_is_well_formed_and_replaces_a_file_by_force_only()
    {
        File.Move(_folder["base.vhd"], _folder["a & <b>.vhd"]);
        PSObject file = _session.Run("Show-VpcMap 'a & <b>.vhd' -OutFile map.svg").WithoutErrors().Output.Single();
        Assert.Equal(_folder["map.svg"], ((FileInfo)file.BaseObject).FullName);
        XDocument svg = XDocument.Load(_folder["map.svg"]);
        XNamespace space = "http://www.w3.org/2000/svg";
        Assert.Contains("a & <b>.vhd", svg.Root!.Element(space + "title")!.Value, StringComparison.Ordinal);
        Assert.Contains(svg.Descendants(space + "path"), path => (string?)path.Attribute("stroke-linecap") == "round");
        Assert.StartsWith("TargetExists,", _session.Run("Show-VpcMap 'a & <b>.vhd' -OutFile map.svg").SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        _session.Run("Show-VpcMap 'a & <b>.vhd' -OutFile map.svg -Force").WithoutErrors();
        _session.Run("Show-VpcMap 'a & <b>.vhd' -OutFile other.svg -WhatIf").WithoutErrors();
        Assert.False(File.Exists(_folder["other.svg"]));
    }

    [Fact]
    public void A_map_is_small_whatever_the_image()
    {
        // 2040 GiB, every second block in the file, in an order that jumps about.
        string path = _folder["huge.vhd"];
        ImageCreator.Create(path, new NewImage(VhdSpec.MaxSize) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        using (LocalImageFile file = LocalImageFile.OpenWrite(path))
        {
            var layout = ImageLayout.Read(file);
            var table = BlockAllocationTable.CreateUnused(layout.BlockCount);
            const uint blockSectors = 4097;
            for (int block = 0; block < layout.BlockCount; block += 2)
            {
                table[block] = (uint)(8192 + (block / 2 * 7919L % (layout.BlockCount / 2) * blockSectors));
            }

            byte[] bytes = new byte[layout.BlockCount * 4];
            table.Encode(0, bytes);
            file.WriteAt(layout.TableOffset, bytes);
            file.WriteAt((8192L + (layout.BlockCount / 2L * blockSectors)) * 512, layout.Footer.Bytes);
        }

        _session.Run("Show-VpcMap huge.vhd -OutFile huge.svg").WithoutErrors();
        Assert.InRange(new FileInfo(_folder["huge.svg"]).Length, 10_000, 8_000_000);
        XDocument.Load(_folder["huge.svg"]);
        Assert.Equal(1044480L, _session.Run("Get-VpcBlock huge.vhd | Measure-Object Count -Sum | ForEach-Object Sum").WithoutErrors().Output[0].BaseObject is double sum ? (long)sum : -1);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;

namespace VhdPS.Tests.Commands;

/// <summary>Every cmdlet tells its steps with -Verbose and the places in the file with -Debug, and neither unasked.</summary>
public sealed partial class TellingTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public TellingTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run("""
            $ConfirmPreference = 'None'
            $null = New-VpcImage base.vhd -Size 8MB
            Write-VpcSector base.vhd 4096 ([byte[]](, 1 * 512))
            $null = New-VpcImage child.vhd -ParentPath base.vhd
            Write-VpcSector child.vhd 0 ([byte[]](, 2 * 512))
            $null = New-VpcImage fixed.vhd -Size 4MB -VhdType Fixed
            $null = New-VpcImage plain.vhd -Size 4MB
            $null = New-VpcImage hurt.vhd -Size 4MB
            $bytes = [IO.File]::ReadAllBytes("$PWD/hurt.vhd")
            $bytes[-100] = 64
            [IO.File]::WriteAllBytes("$PWD/hurt.vhd", $bytes)
            """).WithoutErrors();
    }

    /// <summary>A call, a step that it tells, and the place that it tells.</summary>
    public static TheoryData<string, string, string> Calls => new()
    {
        { "Compare-VpcImage base.vhd child.vhd", "Differencing image", "base.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "Compare-VpcImage base.vhd child.vhd -Structure", "Differencing image", "base.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "Convert-VpcImage base.vhd out.vhd -VhdType Fixed -Verify", "Reading the new file back", "out.vhd: Footer at file offset 8388608 (0x800000)" },
        { "Convert-VpcImage fixed.vhd -InPlace; Convert-VpcImage fixed.vhd -InPlace -SourceFormat Raw", "raw disk of 4 MiB", "fixed.vhd: Footer at file offset 4194304 (0x400000)" },
        { "Get-VpcBlock base.vhd", "4 blocks of 2 MiB", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Get-VpcChain child.vhd", "base.vhd: Dynamic image", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Get-VpcChain .", "looking for images", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Get-VpcFooter fixed.vhd", "Fixed image, disk of 4 MiB (4194304 bytes", "fixed.vhd: Footer at file offset 4194304 (0x400000)" },
        { "Get-VpcHash base.vhd", "Dynamic image", "base.vhd: FooterCopy at file offset 0 (0x0)" },
        { "Get-VpcHash base.vhd -BlockManifest", "Dynamic image", "base.vhd: FooterCopy at file offset 0 (0x0)" },
        { "Get-VpcHash fixed.vhd -SourceFormat Raw", "raw disk of 4 MiB", "fixed.vhd: sector 0 at file offset 0 (0x0)" },
        { "Get-VpcImage base.vhd", "Dynamic image", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Merge-VpcImage child.vhd", "Deleting", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "New-VpcImage new.vhd -Size 4MB", "Dynamic image, disk of 4 MiB", "new.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "New-VpcImage new.vhd -ParentPath base.vhd", "Differencing image", "new.vhd: ParentLocator at file offset" },
        { "Optimize-VpcImage base.vhd", "Giving the new file the name and place", "base.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "Optimize-VpcImage base.vhd -InPlace", "Looking for blocks that hold nothing", "base.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "Optimize-VpcImage base.vhd -WhatIf", "nothing is written", "base.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "Read-VpcSector child.vhd 4096", "Differencing image", "base.vhd: sector 4096 (Parent) at file offset" },
        { "Repair-VpcImage hurt.vhd", "repaired; the old bytes are in", "hurt.vhd: 512 bytes changed at file offset" },
        { "$null = Repair-VpcImage hurt.vhd; Undo-VpcRepair hurt.vhd", "as it was before the repair", "hurt.vhd: 512 bytes changed at file offset" },
        { "Resize-VpcImage plain.vhd -Size 64GB", "Making room for a table of 32768 entries", "plain.vhd: BlockAllocationTable at file offset 1536 (0x600)" },
        { "Set-VpcImage child.vhd -ParentPath base.vhd", "parent, header and footers written", "child.vhd: ParentLocator at file offset" },
        { "Show-VpcMap base.vhd", "Dynamic image", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Test-VpcChecksum base.vhd", "of the DynamicHeader holds", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Test-VpcImage base.vhd -Full", "Checking bitmaps", "base.vhd: DynamicHeader at file offset 512 (0x200)" },
        { "Write-VpcSector base.vhd 1 ([byte[]](, 3 * 512))", "1 sector from 1 on written", "base.vhd: sector 1 (File) at file offset" },
    };

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Steps_and_places_are_told(string call, string step, string place)
    {
        SessionResult result = _session.Run($"{call} -Verbose -Debug");
        Assert.Empty(result.Errors);
        Assert.Contains(result.Verbose, line => line.Contains(step, StringComparison.Ordinal));
        Assert.Contains(result.Debug, line => line.Contains(place, StringComparison.Ordinal));
        AssertPlaces(result.Debug);
        AssertSound();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Nothing_is_told_unasked(string call, string step, string place)
    {
        SessionResult result = _session.Run(call);
        Assert.NotEqual(step, place);
        Assert.Empty(result.Errors);
        Assert.Empty(result.Verbose);
        Assert.Empty(result.Debug);
        AssertSound();
    }

    [Fact]
    public void Every_cmdlet_is_called()
    {
        string[] names = [.. _session.Run("(Get-Command -Module VhdPS).Name").WithoutErrors().As<string>()];
        Assert.Equal(names.Order(), Calls.SelectMany(call => CmdletName().Matches((string)call[0]).Select(match => match.Value)).Distinct().Order());
    }

    [Fact]
    public void Places_alone_are_told_without_a_question()
    {
        SessionResult result = _session.Run("Get-VpcImage base.vhd -Debug").WithoutErrors();
        Assert.Equal(5, result.Debug.Count);
        Assert.Empty(result.Verbose);
        Assert.Empty(_session.Questions);
    }

    [Fact]
    public void The_preference_tells_as_the_switch_does() =>
        Assert.Equal(
            _session.Run("Get-VpcImage base.vhd -Debug").Debug,
            _session.Run("& { $DebugPreference = 'Continue'; Get-VpcImage base.vhd }").Debug);

    [Fact]
    public void A_verbose_stream_that_takes_no_more_leaves_the_source_and_no_litter()
    {
        // The second line of verbose text is that of the copy, in the midst of the engine's work.
        SessionResult result = _session.Run(
            "& { Convert-VpcImage plain.vhd out.vhd -VhdType Fixed -Verify -DeleteSource -Verbose 4>&1 } | Where-Object { \"$_\" -match 'Copying' } | Select-Object -First 1; 'after'")
            .WithoutErrors();
        Assert.Equal(2, result.Output.Count);
        Assert.Equal("after", result.Output[1].ToString());
        Assert.Equal(
            ["base.vhd", "child.vhd", "fixed.vhd", "hurt.vhd", "plain.vhd"], Directory.EnumerateFiles(_folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        AssertSound();
    }

    /// <summary>The two notations say the same.</summary>
    private static void AssertPlaces(IEnumerable<string> lines)
    {
        foreach (Match place in lines.SelectMany(line => Place().Matches(line)))
        {
            Assert.Equal(
                long.Parse(place.Groups["decimal"].Value, CultureInfo.InvariantCulture),
                long.Parse(place.Groups["hex"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
    }

    private void AssertSound()
    {
        foreach (string path in Directory.EnumerateFiles(_folder.Root, "*.vhd").Where(path => Path.GetFileName(path) != "hurt.vhd"))
        {
            Assert.DoesNotContain(ImageChecker.Check(path, new CheckOptions { Full = true }).Findings, finding => finding.Severity != Severity.Note);
        }
    }

    [GeneratedRegex(@"file offset (?<decimal>\d+) \(0x(?<hex>[0-9A-F]+)\)")]
    private static partial Regex Place();

    [GeneratedRegex(@"\w+-Vpc\w+")]
    private static partial Regex CmdletName();
}

using System.Management.Automation;
using System.Text.Json;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Tests.Format;
using VhdPS.Tests.Operations.Repair;

namespace VhdPS.Tests.Commands;

/// <summary>Test-VpcImage, Repair-VpcImage and Undo-VpcRepair in a session as a user has it.</summary>
public sealed class CheckCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public CheckCommandTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void TestVpcImage_tells_of_each_file_of_a_batch()
    {
        _folder.Write("good.vhd", ImageBytes.Dynamic().AddBlock(1, 1).Bytes);
        _folder.Write("bad.vhd", ImageBytes.Dynamic().PutEntry(3, 0).Bytes);
        _folder.Write("none.vhd", new byte[100]);
        SessionResult result = _session.Run("Test-VpcImage *.vhd | Sort-Object Path | ForEach-Object { \"$([IO.Path]::GetFileName($_.Path)) $($_.IsValid) $($_.Errors)\" }");
        Assert.Equal(["bad.vhd False 1", "good.vhd True 0", "none.vhd False 1"], result.Output.Select(line => line.ToString()));
        Assert.Empty(result.Errors);
    }

    [Theory]
    [InlineData("(Test-VpcImage bad.vhd -For Azure).Findings")]
    [InlineData("(Test-VpcImage bad.vhd -For Azure).Rules")]
    [InlineData("(Test-VpcImage bad.vhd).SizeSeen")]
    [InlineData("(Repair-VpcImage bad.vhd).Steps")]
    public void The_parts_of_a_result_have_numbers(string parts)
    {
        _folder.Write("bad.vhd", ImageBytes.Dynamic().PutEntry(3, 0).Bytes);
        Assert.Equal([true], _session.Run($"$parts = {parts}; $parts[0].GetType() -eq @($parts)[0].GetType()").WithoutErrors().As<bool>());
    }

    [Fact]
    public void TestVpcImage_writes_an_error_for_what_is_no_file_and_goes_on()
    {
        _folder.Write("good.vhd", ImageBytes.Dynamic().Bytes);
        Directory.CreateDirectory(_folder["folder.vhd"]);
        SessionResult result = _session.Run("Test-VpcImage folder.vhd, missing.vhd, good.vhd -Quiet");
        Assert.Equal(["NotRegularFile", "PathNotFound"], result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(true, Assert.Single(result.Output).BaseObject);
    }

    [Fact]
    public void TestVpcImage_Quiet_says_whether_there_is_an_error()
    {
        _folder.Write("note.vhd", ImageBytes.Dynamic().PutHeader(8, 0xFFFFFFFFUL).Bytes);
        _folder.Write("bad.vhd", ImageBytes.Dynamic().PutEntry(3, 0).Bytes);
        Assert.Equal([true, false], _session.Run("Test-VpcImage note.vhd, bad.vhd -Quiet").Output.Select(value => value.BaseObject));
    }

    [Fact]
    public void Findings_survive_csv_and_json()
    {
        _folder.Write("bad.vhd", ImageBytes.Dynamic().AddBlock(2, 1).PutEntry(3, 0).PutEntry(5, 0xFFFFFFFE).Append(new byte[512]).Bytes);
        SessionResult result = _session.Run("""
            $findings = (Test-VpcImage bad.vhd).Findings
            $findings | Export-Csv findings.csv
            $findings
            Import-Csv findings.csv
            ConvertTo-Json -InputObject @($findings) -Depth 3
            """);
        Assert.Empty(result.Errors);
        Assert.Equal(7, result.Output.Count);
        for (int i = 0; i < 3; i++)
        {
            PSObject finding = result.Output[i], row = result.Output[i + 3];
            Assert.All(finding.Properties, property => Assert.Equal($"{property.Value}", $"{row.Properties[property.Name].Value}"));
        }

        JsonElement first = JsonDocument.Parse(result.Output[^1].ToString()!).RootElement[0];
        Assert.Equal(("Error", 0, 1548L), (first.GetProperty("Severity").GetString(), 0, first.GetProperty("FileOffset").GetInt64()));
        Assert.Equal(3, first.GetProperty("Block").GetInt64());
    }

    [Fact]
    public void TestVpcImage_For_Azure_gives_a_verdict_on_each_rule_and_what_mends_it()
    {
        _folder.Write("disk.vhd", ImageBytes.Fixed((1024 * 1024) + 512).Bytes);
        SessionResult result = _session.Run("(Test-VpcImage disk.vhd -For Azure).Rules | Where-Object { -not $_.IsMet } | ForEach-Object { \"$($_.Rule)|$($_.Advice)\" }");
        Assert.Equal(
            [
                $"AzureSizeNotWholeMebibytes|Resize-VpcImage -RoundUpTo 1MB, or Convert-VpcImage -For Azure.",
                $"AzureSizeOutOfRange|Resize-VpcImage to a size that is allowed.",
            ],
            result.Output.Select(line => line.ToString()));
    }

    [Fact]
    public void TestVpcImage_looks_at_the_chain()
    {
        _folder.Write("child.vhd", ImageBytes.Differencing().Bytes);
        Assert.Equal("ParentNotFound", _session.Run("(Test-VpcImage child.vhd).Findings.Code").Output.Single().ToString());
        _folder.Write("parent.vhd", ImageBytes.Dynamic().PutFooter(68, ImageBytes.ParentUniqueId.ToByteArray(bigEndian: true)).Bytes);
        Assert.Equal(true, _session.Run("Test-VpcImage child.vhd -Quiet").Output.Single().BaseObject);
        _session.Run("Set-Content other.vhd x");
        Assert.Equal(false, _session.Run("Test-VpcImage child.vhd -ParentPath other.vhd -Quiet").Output.Single().BaseObject);
    }

    [Fact]
    public void TestVpcImage_shows_a_table_that_people_can_read()
    {
        _folder.Write("bad.vhd", ImageBytes.Dynamic().PutEntry(3, 0).Bytes);
        string shown = _session.RunFormatted("Test-VpcImage bad.vhd");
        Assert.Matches(@"Valid +Errors +Warnings +Notes +Gravest +Name", shown);
        Assert.Matches(@"False +1 +0 +0 +BatEntryPastEnd +bad\.vhd", shown);
        shown = _session.RunFormatted("(Test-VpcImage bad.vhd).Findings");
        Assert.Contains("Error BatEntryPastEnd: BlockAllocationTable at file offset ", shown, StringComparison.Ordinal);
        Assert.Matches(@"Severity +Code +Offset +Message", _session.RunFormatted("(Test-VpcImage bad.vhd).Findings | Format-Table"));
        Assert.Contains("sector 0 (offset 0)", shown.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void RepairVpcImage_mends_says_how_and_is_undone()
    {
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => damaged.IsMended))
        {
            string path = _folder.Write("disk.vhd", damaged.Bytes);
            SessionResult result = _session.Run("Repair-VpcImage disk.vhd -Confirm:$false");
            Assert.True(result.Errors.Count == 0, $"{damaged.Name}: {string.Join('\n', result.Errors)}");
            PSObject repaired = Assert.Single(result.Output);
            Assert.Equal((true, 0L, 0L), (repaired.Properties["IsValid"].Value, repaired.Properties["Errors"].Value, repaired.Properties["Warnings"].Value));
            Assert.Equal(_folder["disk.vhd.undo"], repaired.Properties["UndoPath"].Value);
            Assert.True(ImageChecker.Check(path, new CheckOptions { Full = true }).IsValid);
            SessionResult undone = _session.Run("$last | Undo-VpcRepair", ("last", repaired));
            Assert.True(undone.Errors.Count == 0, $"{damaged.Name}: {string.Join('\n', undone.Errors)}");
            Assert.Equal(damaged.Bytes, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Root));
            File.Delete(path);
        }
    }

    [Fact]
    public void RepairVpcImage_WhatIf_shows_the_plan_and_changes_nothing()
    {
        byte[] bytes = ImageBytes.Dynamic().AddBlock(2, 1).CutEnd(512).Bytes;
        string path = _folder.Write("disk.vhd", bytes);
        string shown = _session.RunFormatted("Repair-VpcImage disk.vhd -WhatIf").ReplaceLineEndings(" ");
        Assert.Contains("FooterMissing at", shown, StringComparison.Ordinal);
        Assert.Contains($"is written at {bytes.Length} from its copy", shown, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void RepairVpcImage_mends_only_the_codes_that_are_named()
    {
        string path = _folder.Write("disk.vhd", ImageBytes.Dynamic().PutHeader(8, 0xFFFFFFFFUL).Append(new byte[512]).Bytes);
        PSObject result = _session.Run("Repair-VpcImage disk.vhd -Code NextOffsetPresent -NoBackup").Output.Single();
        Assert.Equal((1, 1), (result.Properties["Repaired"].Value, result.Properties["Left"].Value));
        Assert.Null(result.Properties["UndoPath"].Value);
        Assert.Equal([FaultCode.TrailingBytes], ImageChecker.Check(path).Findings.Select(finding => finding.Code));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-WhatIf")]
    public void RepairVpcImage_never_writes_over_an_undo_file(string parameters)
    {
        byte[] bytes = ImageBytes.Dynamic().Append(new byte[512]).Bytes;
        string path = _folder.Write("disk.vhd", bytes);
        _folder.Write("disk.vhd.undo", [1, 2, 3]);
        SessionResult result = _session.Run($"Repair-VpcImage disk.vhd {parameters}");
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal("TargetExists", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("-Backup", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_folder["disk.vhd.undo"]));
    }

    [Fact]
    public void RepairVpcImage_puts_undo_files_where_it_is_told()
    {
        _folder.Write("disk.vhd", ImageBytes.Dynamic().Append(new byte[512]).Bytes);
        Directory.CreateDirectory(_folder["undo"]);
        Assert.Equal(_folder["undo/disk.vhd.undo"], _session.Run("(Repair-VpcImage disk.vhd -Backup undo).UndoPath").Output.Single().ToString());
        Assert.Empty(_session.Run("Undo-VpcRepair disk.vhd -Backup undo").Errors);
        Assert.Equal(512, new FileInfo(_folder["disk.vhd"]).Length - ImageBytes.Dynamic().Bytes.Length);
    }

    [Fact]
    public void RepairVpcImage_leaves_what_it_cannot_prove()
    {
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => !damaged.IsMended))
        {
            string path = _folder.Write("disk.vhd", damaged.Bytes);
            SessionResult result = _session.Run("Repair-VpcImage disk.vhd -Code $code", ("code", damaged.Code.ToString()));
            Assert.Empty(result.Errors);
            Assert.Equal("NotProven", _session.Run("$result.Steps | Where-Object Code -eq $code | Select-Object -First 1 -ExpandProperty Outcome",
                ("result", result.Output.Single()), ("code", damaged.Code.ToString())).Output.Single().ToString());
            Assert.Equal(damaged.Bytes, File.ReadAllBytes(path));
            File.Delete(path);
        }
    }

    [Fact]
    public void RepairVpcImage_rebuilds_a_lost_table_and_says_how_sure_it_is()
    {
        var image = ImageBytes.Dynamic();
        for (int block = 0; block < 16; block++)
        {
            image.AddBlock(block, (byte)(block + 1));
        }

        byte[] whole = (byte[])image.Bytes.Clone();
        for (int block = 0; block < 16; block++)
        {
            image.PutEntry(block, uint.MaxValue);
        }

        string path = _folder.Write("disk.vhd", image.Bytes);
        SessionResult result = _session.Run("(Repair-VpcImage disk.vhd -RebuildTable).Steps | Where-Object Outcome -eq Repaired | ForEach-Object Description");
        Assert.Contains("Confidence Medium", Assert.Single(result.Output).ToString(), StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void UndoVpcRepair_refuses_an_image_that_others_have_changed()
    {
        string path = _folder.Write("disk.vhd", ImageBytes.Dynamic().AddBlock(1, 1).CutEnd(512).Bytes);
        _session.Run("$null = Repair-VpcImage disk.vhd; Write-VpcSector disk.vhd -Sector 100 -Data ([byte[]](,7 * 512))");
        byte[] bytes = File.ReadAllBytes(path);
        SessionResult result = _session.Run("Undo-VpcRepair disk.vhd");
        Assert.Equal("DataWouldBeLost", Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.True(File.Exists(_folder["disk.vhd.undo"]));
    }
}

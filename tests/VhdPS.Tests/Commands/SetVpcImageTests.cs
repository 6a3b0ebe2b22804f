using System.Management.Automation;
using System.Text;
using VhdPS.Engine.Layout;

namespace VhdPS.Tests.Commands;

public sealed class SetVpcImageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public SetVpcImageTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run("""
            'a.vhd', 'b.vhd' | New-VpcImage -Size 3MB -UniqueId '11111111-2222-3333-4444-555555555555' -Force
            $null = New-VpcImage base.vhd -Size 3MB
            $null = New-VpcImage child.vhd -ParentPath base.vhd
            """).WithoutErrors();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Fields_are_changed_and_the_image_is_emitted_on_request()
    {
        PSObject image = _session.Run("""
            Set-VpcImage a.vhd -UniqueId '99999999-2222-3333-4444-555555555555' -CreatorApplication 'abc' -SavedState $true -TimeStamp '2020-02-03T04:05:06Z' -PassThru
            """).WithoutErrors().Output.Single();
        Assert.Equal(Guid.Parse("99999999-2222-3333-4444-555555555555"), image.Properties["UniqueId"].Value);
        Assert.Equal("abc", image.Properties["CreatorApplication"].Value);
        Assert.Equal(true, image.Properties["SavedState"].Value);
        Assert.Equal(new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc), image.Properties["TimeStamp"].Value);
        Assert.Empty(_session.Run("Get-VpcImage *.vhd | Set-VpcImage -SavedState $false").WithoutErrors().Output);
        Assert.Equal([true, true, true, true], _session.Run("Test-VpcChecksum *.vhd -Quiet").As<bool>());
    }

    [Theory]
    [InlineData("win", "win ")]
    [InlineData("win ", "win ")]
    [InlineData("d2v", "d2v ")]
    [InlineData("tap", "tap")]
    [InlineData("abc", "abc")]
    public void A_known_creator_is_stored_with_its_blanks(string given, string stored)
    {
        _session.Run("Set-VpcImage a.vhd -CreatorApplication $given", ("given", given)).WithoutErrors();
        Assert.Equal(stored.PadRight(4, '\0'), Encoding.Latin1.GetString(File.ReadAllBytes(_folder["a.vhd"]), 28, 4));
        Assert.Equal([true], _session.Run("Test-VpcChecksum a.vhd -Quiet").As<bool>());
    }

    [Fact]
    public void A_copy_gets_an_identity_of_its_own()
    {
        Guid[] ids = [.. _session.Run("'a.vhd', 'b.vhd' | Set-VpcImage -ResetDiskIdentifier -PassThru | ForEach-Object UniqueId").WithoutErrors().As<Guid>()];
        Assert.Equal(2, ids.Distinct().Except([Guid.Empty, Guid.Parse("11111111-2222-3333-4444-555555555555")]).Count());
        _session.Run("Set-VpcImage base.vhd -ResetDiskIdentifier").SingleError();
        Assert.Equal([true, true, true], _session.Run("Test-VpcImage a.vhd, b.vhd, child.vhd -Quiet").As<bool>());
    }

    [Fact]
    public void A_child_is_linked_to_another_place_of_its_parent()
    {
        Directory.CreateDirectory(_folder["store"]);
        File.Move(_folder["base.vhd"], _folder["store/base two.vhd"]);
        _session.Run("Read-VpcSector child.vhd 0").SingleError();
        _session.Run("Set-VpcImage child.vhd -ParentPath 'store/base two.vhd'").WithoutErrors();
        Assert.Equal(SectorOrigin.Zero, _session.Run("Read-VpcSector child.vhd 0").WithoutErrors().Output[0].Properties["Origin"].Value);

        ErrorRecord error = _session.Run("Set-VpcImage child.vhd -ParentPath a.vhd").SingleError();
        Assert.StartsWith("ParentIdMismatch,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        _session.Run("Set-VpcImage child.vhd -ParentPath a.vhd -IgnoreIdMismatch").WithoutErrors();
        Assert.Equal(["Ok", "Ok"], _session.Run("(Get-VpcChain child.vhd).State").Output.Select(state => state.ToString()));
    }

    [Theory]
    [InlineData("Set-VpcImage a.vhd", "InvalidArgument")]
    [InlineData("Set-VpcImage a.vhd -ResetDiskIdentifier -UniqueId (New-Guid)", "InvalidArgument")]
    [InlineData("Set-VpcImage a.vhd -UniqueId ([guid]::Empty)", "InvalidArgument")]
    [InlineData("Set-VpcImage a.vhd -CreatorApplication 'too long'", "InvalidArgument")]
    [InlineData("Set-VpcImage a.vhd -ParentPath b.vhd", "WrongType")]
    [InlineData("Set-VpcImage base.vhd -UniqueId (New-Guid)", "HasChildren")]
    [InlineData("Set-VpcImage child.vhd -ParentPath none.vhd", "ParentNotFound")]
    public void What_cannot_be_is_an_error_and_changes_nothing(string script, string id)
    {
        Dictionary<string, byte[]> before = Directory.GetFiles(_folder.Root).ToDictionary(path => path, File.ReadAllBytes);
        Assert.StartsWith(id + ",", _session.Run(script).SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    [Fact]
    public void Force_changes_the_id_of_a_parent() =>
        _session.Run("Set-VpcImage base.vhd -UniqueId (New-Guid) -Force").WithoutErrors();

    [Fact]
    public void Nothing_is_written_with_what_if()
    {
        byte[] before = File.ReadAllBytes(_folder["a.vhd"]);
        _session.Run("Set-VpcImage a.vhd -SavedState $true -WhatIf").WithoutErrors();
        Assert.Equal(before, File.ReadAllBytes(_folder["a.vhd"]));
    }
}

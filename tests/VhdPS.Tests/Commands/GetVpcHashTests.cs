using System.Management.Automation;
using System.Security.Cryptography;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Commands;

public sealed class GetVpcHashTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public GetVpcHashTests()
    {
        _session = new ModuleSession(_folder.Root);
        _folder.Write("a.vhd", ImageBytes.Fixed().Bytes);
        _folder.Write("a.raw", SoundImage.FixedContent());
        _folder.Write("d.vhd", SoundImage.Dynamic().Bytes);
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_hash_is_that_of_the_raw_disk()
    {
        IReadOnlyList<PSObject> hashes = _session.Run("Get-VpcHash *.vhd; Get-VpcHash a.raw -SourceFormat Raw; Get-VpcHash a.vhd -Algorithm sha512").WithoutErrors().Output;
        string fixedHash = Convert.ToHexString(SHA256.HashData(SoundImage.FixedContent()));
        Assert.Equal(
            [fixedHash, Convert.ToHexString(SHA256.HashData(SoundImage.DynamicContent())), fixedHash, Convert.ToHexString(SHA512.HashData(SoundImage.FixedContent()))],
            hashes.Select(hash => hash.Properties["Hash"].Value));
        Assert.Equal(65536L, hashes[0].Properties["Size"].Value);
        Assert.Equal("SHA256", hashes[0].Properties["Algorithm"].Value);
    }

    [Fact]
    public void A_bad_file_is_one_error_among_good_ones()
    {
        SessionResult result = _session.Run("Get-Item a.vhd, a.raw, d.vhd | Get-VpcHash");
        Assert.Equal("NotVhd,VhdPS.Commands.GetVpcHashCommand", result.SingleError().FullyQualifiedErrorId);
        Assert.Equal(2, result.Output.Count);
    }

    [Fact]
    public void A_manifest_has_the_blocks_with_data()
    {
        IReadOnlyList<PSObject> blocks = _session.Run("Get-VpcHash d.vhd -BlockManifest -BlockSize 8KB").WithoutErrors().Output;
        Assert.Equal([0L, 1L], blocks.Select(block => block.Properties["Block"].Value));
        Assert.Equal([0L, 8192L], blocks.Select(block => block.Properties["Offset"].Value));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(SoundImage.DynamicContent().AsSpan(8192, 8192))), blocks[1].Properties["Hash"].Value);
        Assert.Equal(
            "InvalidArgument,VhdPS.Commands.GetVpcHashCommand",
            _session.Run("Get-VpcHash d.vhd -BlockManifest -BlockSize 5000").SingleError().FullyQualifiedErrorId);
    }

    [Fact]
    public void Two_manifests_tell_which_blocks_an_upload_must_send()
    {
        _session.Run("Copy-Item d.vhd e.vhd -ErrorAction SilentlyContinue; [IO.File]::Copy((Join-Path $PWD d.vhd), (Join-Path $PWD e.vhd), $true); Write-VpcSector e.vhd 127 ([byte[]]::new(511) + [byte]1)");
        SessionResult result = _session.Run("""
            $old = @{}; Get-VpcHash d.vhd -BlockManifest -BlockSize 4KB | ForEach-Object { $old[$_.Block] = $_.Hash }
            Get-VpcHash e.vhd -BlockManifest -BlockSize 4KB | Where-Object { $old[$_.Block] -ne $_.Hash } | ForEach-Object { $_.Offset }
            """);
        Assert.Equal([61440L], result.WithoutErrors().As<long>());
    }

    [Fact]
    public void The_view_keeps_the_hash_whole()
    {
        string text = _session.RunFormatted("Get-VpcHash a.vhd");
        Assert.Contains(Convert.ToHexString(SHA256.HashData(SoundImage.FixedContent())), text, StringComparison.Ordinal);
        Assert.Contains("a.vhd", text, StringComparison.Ordinal);
    }
}

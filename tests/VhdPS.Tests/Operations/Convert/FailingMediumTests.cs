using System.Diagnostics;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Nbd;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Operations.Convert;

/// <summary>
/// A real medium that does not give every sector: nbdkit refuses to read the ranges of a map of ddrescue, and nbdfuse shows the rest
/// as a file.
/// </summary>
public sealed class FailingMediumTests : IDisposable
{
    private const int DiskSize = 8 * 1024 * 1024;
    private const int Page = 4096;

    private readonly TempFolder _folder = new();
    private readonly byte[] _disk = new byte[DiskSize];

    public FailingMediumTests() => new Random(1).NextBytes(_disk.AsSpan(0, DiskSize / 2));

    public void Dispose() => _folder.Dispose();

    [MountFact(PeerPrograms.NbdKit, PeerPrograms.NbdFuse)]
    public void WhatTheMediumDoesNotGiveOfAnImageIsLostAndNothingElse()
    {
        string path = _folder["stored.vhd"];
        ImageCreator.Create(path, new NewImage(DiskSize) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        long bad, alsoBad;
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(0, _disk.AsSpan(0, DiskSize / 2));
            bad = image.Map.Find(100 * (Page / 512), 1).FileOffset;
            alsoBad = image.Map.Find(700 * (Page / 512), 1).FileOffset;
        }

        VerifySalvage(path, SourceFormat.Vhd, bad, alsoBad);
    }

    [MountFact(PeerPrograms.NbdKit, PeerPrograms.NbdFuse)]
    public void WhatTheMediumDoesNotGiveOfARawDiskIsLostAndNothingElse()
    {
        File.WriteAllBytes(_folder["stored.img"], _disk);
        VerifySalvage(_folder["stored.img"], SourceFormat.Raw, 100 * Page, 700 * Page);
    }

    /// <summary>One page of the disk is bad at page 100, two at page 700.</summary>
    private void VerifySalvage(string path, SourceFormat format, long bad, long alsoBad)
    {
        WriteMap(path, (bad, Page), (alsoBad, 2 * Page));
        Directory.CreateDirectory(_folder["fuse"]);
        using Process server = Serve(path);
        try
        {
            string source = _folder["fuse/disk"], target = _folder["saved.vhd"];
            var options = new ConvertOptions(source, target)
            {
                SourceFormat = format,
                TargetFormat = DiskFormat.Dynamic,
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
            };
            using (ConvertOperation refused = ConvertOperation.Begin(options))
            {
                Assert.Equal(ImageIOOperation.Read, Assert.Throws<ImageIOException>(() => refused.Run()).Operation);
            }

            Assert.False(File.Exists(target));
            using ConvertOperation salvage = ConvertOperation.Begin(options with { Salvage = true, Fill = 0xEE });
            ConvertResult result = salvage.Run();
            Assert.Equal(
                [(100 * (Page / 512), Page / 512), (700 * (Page / 512), 2 * Page / 512)],
                result.LostRanges.Select(lost => ((int)lost.Sector, (int)lost.SectorCount)));
            Assert.All(result.LostRanges, lost => Assert.StartsWith("The medium did not give it", lost.Why, StringComparison.Ordinal));
            _disk.AsSpan(100 * Page, Page).Fill(0xEE);
            _disk.AsSpan(700 * Page, 2 * Page).Fill(0xEE);
            using DiskSource written = DiskSource.Open(target, SourceFormat.Vhd, VhdOpenOptions.Default);
            byte[] saved = new byte[DiskSize];
            written.ReadAt(0, saved);
            Assert.True(_disk.AsSpan().SequenceEqual(saved));
            Assert.True(ImageChecker.Check(LocalImageFile.OpenRead(target), new CheckOptions { Full = true }).IsValid);
        }
        finally
        {
            LoopMount.Undo(("fusermount3", ["-u", _folder["fuse"]]));
            server.WaitForExit(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>Position, length and state of each range, in hexadecimal: + was read, - was not.</summary>
    private void WriteMap(string path, params (long Offset, long Length)[] bad)
    {
        var lines = new List<string> { "0x0 + 1" };
        long at = 0;
        foreach ((long offset, long length) in bad)
        {
            lines.Add($"0x{at:X} 0x{offset - at:X} +");
            lines.Add($"0x{offset:X} 0x{length:X} -");
            at = offset + length;
        }

        lines.Add($"0x{at:X} 0x{new FileInfo(path).Length - at:X} +");
        File.WriteAllLines(_folder["map"], lines);
    }

    private Process Serve(string path)
    {
        var server = Process.Start(new ProcessStartInfo(
            PeerPrograms.Find(PeerPrograms.NbdFuse)!,
            [
                "-r", "-P", _folder["pid"], _folder["fuse/disk"],
                "--command", PeerPrograms.Find(PeerPrograms.NbdKit)!, "-s", "--filter=ddrescue", "file", path,
                $"ddrescue-mapfile={_folder["map"]}",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        server.BeginErrorReadLine();
        for (int tries = 0; !File.Exists(_folder["pid"]) && tries < 200; tries++)
        {
            Thread.Sleep(25);
        }

        return server;
    }
}

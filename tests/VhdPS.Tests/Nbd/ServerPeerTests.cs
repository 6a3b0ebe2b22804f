using System.Globalization;
using System.Net;
using System.Text.Json;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Nbd;

/// <summary>Our server and the clients of others.</summary>
public sealed class ServerPeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact("nbdinfo")]
    public void NbdinfoSeesWhatIsServed()
    {
        using var served = new ServedDisk(
        [
            new NbdExport("a b.vhd", new MemoryDisk(new byte[1 << 20])),
            new NbdExport("é漢", new MemoryDisk(new byte[5000]) { IsWriteProtected = true }),
        ]);
        using JsonDocument list = JsonDocument.Parse(PeerProcess.Run("nbdinfo", "--list", "--json", served.Uri.ToString()));
        JsonElement[] exports = [.. list.RootElement.GetProperty("exports").EnumerateArray()];
        Assert.Equal(["a b.vhd", "é漢"], exports.Select(export => export.GetProperty("export-name").GetString()));
        Assert.Equal([1L << 20, 5000L], exports.Select(export => export.GetProperty("export-size").GetInt64()));
        foreach ((string name, bool atFirst, bool atSecond) in new[]
        {
            ("is_read_only", false, true), ("can_df", true, true), ("can_flush", true, true), ("can_fua", true, true), (
                "can_multi_conn", true, true),
            ("can_trim", true, false), ("can_zero", true, false), ("is_rotational", false, false),
        })
        {
            Assert.Equal([atFirst, atSecond], exports.Select(export => export.GetProperty(name).GetBoolean()));
        }

        Assert.All(exports, export => Assert.Equal(
            (1, 4096, 32 << 20),
            (export.GetProperty("block_size_minimum").GetInt32(), export.GetProperty("block_size_preferred").GetInt32(), export.GetProperty(
                "block_size_maximum").GetInt32())));
        Assert.Equal("base:allocation", exports[0].GetProperty("contexts")[0].GetString());
        Assert.Contains("newstyle-fixed", list.RootElement.GetProperty("protocol").GetString(), StringComparison.Ordinal);
    }

    [PeerFact("nbd-client")]
    public void NbdClientListsExportsByTcp()
    {
        using var served = new ServedDisk(
            [new NbdExport("first", new MemoryDisk(new byte[512])), new NbdExport("second", new MemoryDisk(new byte[512]))],
            new NbdServerOptions { Address = IPAddress.Loopback, Port = 0 });
        string list = PeerProcess.Run("nbd-client", "-l", "127.0.0.1", served.Uri.Port.ToString(CultureInfo.InvariantCulture));
        Assert.Contains("first", list, StringComparison.Ordinal);
        Assert.Contains("second", list, StringComparison.Ordinal);
    }

    [PeerTheory(PeerPrograms.QemuImg, "nbdcopy")]
    [InlineData(51, "Dynamic")]
    [InlineData(52, "Fixed")]
    public void AChainOfThreeIsTheSameDiskToOthers(int seed, string rootKind)
    {
        ChainModel model = MakeChain(seed, rootKind);
        string raw = _folder.Write("expected.raw", model.Content);
        using var served = new ServedDisk(new ImageExport(VhdImage.Open(model.Path, model.Options)));
        string uri = served.Uri.ToString();
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "qcow2", uri, _folder["disk.qcow2"]);
        Assert.Contains("identical", PeerProcess.Run(
            PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "qcow2", raw, _folder["disk.qcow2"]), StringComparison.Ordinal);
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vmdk", uri, _folder["disk.vmdk"]);
        Assert.Contains("identical", PeerProcess.Run(
            PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vmdk", raw, _folder["disk.vmdk"]), StringComparison.Ordinal);
        Assert.Contains(
            "identical", PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "raw", raw, uri), StringComparison.Ordinal);
        PeerProcess.Run("nbdcopy", uri, _folder["copy.raw"]);
        Assert.Equal(model.Content, File.ReadAllBytes(_folder["copy.raw"]));

        // What others say of zeros is true and misses none that a whole block is.
        using JsonDocument map = JsonDocument.Parse(PeerProcess.Run(PeerPrograms.QemuImg, "map", "--output=json", "-f", "raw", uri));
        foreach (JsonElement run in map.RootElement.EnumerateArray().Where(run => run.GetProperty("zero").GetBoolean()))
        {
            Assert.False(
                model.Content.AsSpan(run.GetProperty("start").GetInt32(), run.GetProperty("length").GetInt32()).ContainsAnyExcept((byte)0));
        }
    }

    [PeerFact("nbdinfo")]
    public void TheMapAddsUpToTheBlocksOfTheImage()
    {
        string path = _folder["scattered.vhd"];
        ImageCreator.Create(path, new NewImage(80 << 20) { BlockSize = 64 * 1024, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        byte[] data = new byte[64 * 1024];
        new Random(1).NextBytes(data);
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            var random = new Random(7);
            foreach (int block in Enumerable.Range(0, 1280).OrderBy(_ => random.Next()).Take(400))
            {
                image.WriteSectors(block * 128L, data);
            }
        }

        Dictionary<BlockState, long> ours;
        using (VhdImage image = VhdImage.Open(path))
        {
            ours = BlockMap.FromTable(image).GroupBy(run => run.State).ToDictionary(
                group => group.Key, group => group.Sum(run => run.SectorCount * 512));
        }

        using var served = new ServedDisk(new ImageExport(VhdImage.Open(path)));
        using JsonDocument map = JsonDocument.Parse(PeerProcess.Run("nbdinfo", "--map", "--json", served.Uri.ToString()));
        var told = map.RootElement.EnumerateArray().GroupBy(run => run.GetProperty("type").GetInt32()).ToDictionary(
            group => group.Key, group => group.Sum(run => run.GetProperty("length").GetInt64()));
        Assert.Equal(ours[BlockState.Allocated], told[0]);
        Assert.Equal(ours[BlockState.Zero], told[3]);
        Assert.Equal(80L << 20, told[0] + told[3]);
    }

    [PeerTheory("nbdcopy", PeerPrograms.QemuImg)]
    [InlineData("Dynamic")]
    [InlineData("Fixed")]
    public void OthersWriteWholeDisks(string kind)
    {
        byte[] disk = DiskModel.Make("scattered", 40 << 20);
        string raw = _folder.Write("disk.raw", disk);
        foreach (bool isNbdcopy in new[] { true, false })
        {
            string path = _folder[$"{isNbdcopy}.vhd"];
            ImageCreator.Create(path, new NewImage(
                disk.Length)
            { VhdType = Enum.Parse<VhdType>(kind), UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            using (var served = new ServedDisk(new ImageExport(VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))))
            {
                string uri = served.Uri.ToString();
                if (isNbdcopy)
                {
                    PeerProcess.Run("nbdcopy", "--flush", raw, uri);
                }
                else
                {
                    PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-n", "-f", "raw", "-O", "raw", raw, uri);
                }
            }

            Assert.Contains("identical", PeerProcess.Run(
                PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", raw, path), StringComparison.Ordinal);
            Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
            Assert.True(ImageChecker.Check(path, new CheckOptions { Full = true }).IsValid);
        }
    }

    [PeerTheory(PeerPrograms.QemuIO)]
    [InlineData(61, "Dynamic", false)]
    [InlineData(62, "Dynamic", true)]
    public async Task WritesOfTwoConnectionsAreAllThere(int seed, string rootKind, bool isChain)
    {
        ChainModel model = isChain ? MakeChain(seed, rootKind) : new ChainModel(_folder, new Random(seed), 12_000, rootKind);
        using (var served = new ServedDisk(new ImageExport(VhdImage.Open(model.Path, model.Options with { ForWriting = true }))))
        {
            string uri = served.Uri.ToString();
            await Task.WhenAll(
                Enumerable.Range(0, 2).Select(half => Task.Run(() => WriteByQemuIO(uri, model, half, new Random(seed + half)))));
        }

        model.AssertReads(20);
        CheckReport report = ImageChecker.Check(model.Path, new CheckOptions { Full = true });
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
    }

    /// <summary>
    /// The library's Python trims, zeroes and writes ranges that begin and end anywhere, dozens under way at once; what was trimmed
    /// reads as it was or as zeros, sector by sector, and nothing beside it has changed.
    /// </summary>
    [PeerTheory("nbdsh")]
    [InlineData(71, "Dynamic", false)]
    [InlineData(72, "Dynamic", true)]
    [InlineData(73, "Fixed", false)]
    public void WhatIsTrimmedInPartsTouchesNothingBeside(int seed, string rootKind, bool isChain)
    {
        ChainModel model = isChain ? MakeChain(seed, rootKind) : new ChainModel(_folder, new Random(seed), 12_000, rootKind);
        string before = _folder.Write("before.raw", model.Content);
        using (var served = new ServedDisk(new ImageExport(VhdImage.Open(model.Path, model.Options with { ForWriting = true }))))
        {
            string script = $$"""
                import random
                r = random.Random({{seed}})
                model = bytearray(open({{Quote(before)}}, 'rb').read())
                trimmed = bytearray(len(model))
                # Each of the ranges that are under way lies in a unit of its own.
                unit = 65536
                for turn in range(12):
                    cookies = []
                    for number in r.sample(range(len(model) // unit), min(48, len(model) // unit)):
                        at = number * unit + r.randrange(unit)
                        length = r.randrange(1, (number + 1) * unit - at + 1)
                        kind = r.choice(['trim', 'trim', 'zero', 'write', 'block'])
                        if kind == 'block':
                            at, length, kind = number * unit, unit, 'trim'
                        if kind == 'trim':
                            cookies.append(h.aio_trim(length, at))
                            trimmed[at:at + length] = bytes([1]) * length
                        else:
                            data = bytes(length) if kind == 'zero' else bytes([r.randrange(1, 256)]) * length
                            if kind == 'zero':
                                cookies.append(h.aio_zero(length, at, flags=r.choice([0, nbd.CMD_FLAG_NO_HOLE])))
                            else:
                                cookies.append(h.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(data)), at))
                            model[at:at + length] = data
                            trimmed[at:at + length] = bytes(length)
                    while h.aio_in_flight() > 0:
                        h.poll(-1)
                    for cookie in cookies:
                        assert h.aio_command_completed(cookie)
                h.flush()
                for at in range(0, len(model), unit):
                    now = h.pread(min(unit, len(model) - at), at)
                    for i, byte in enumerate(now):
                        assert byte == model[at + i] or (trimmed[at + i] and byte == 0), (at + i, byte, model[at + i])
                open({{Quote(_folder["after.raw"])}}, 'wb').write(b''.join(h.pread(min(unit, len(model) - at), at)
                    for at in range(0, len(model), unit)))
                """;
            // nbdsh is this for the first Python in the path, which need not be the one that has the library.
            string python = new[] { "/usr/bin/python3", "python3" }.First(
                each => PeerProcess.TryRun(each, "-c", "import nbd").ExitCode == 0);
            PeerResult result = PeerProcess.TryRun(python, ["-m", "nbd", "-u", served.Uri.ToString(), "-c", script]);
            Assert.True(result.ExitCode == 0, result.ToString());
        }

        byte[] after = File.ReadAllBytes(_folder["after.raw"]);
        Assert.NotEqual(model.Content, after);
        using (VhdImage image = VhdImage.Open(model.Path, model.Options))
        {
            byte[] disk = new byte[after.Length];
            image.ReadSectors(0, disk);
            Assert.Equal(after, disk);
        }

        CheckReport report = ImageChecker.Check(model.Path, new CheckOptions { Full = true });
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
    }

    private static string Quote(string path) => $"'{path.Replace("\\", "\\\\", StringComparison.Ordinal)}'";

    /// <summary>Writes at any byte of every second unit of 64 KiB, and into the model what it wrote.</summary>
    private static void WriteByQemuIO(string uri, ChainModel model, int half, Random random)
    {
        const int Unit = 64 * 1024;
        var arguments = new List<string> { "-f", "raw" };
        for (int i = 0; i < 120; i++)
        {
            int unit = (random.Next(model.Content.Length / Unit / 2) * 2) + half, at = random.Next(Unit), length = random.Next(
                1, Unit - at + 1);
            byte pattern = (byte)random.Next(1, 256);
            bool isZero = random.Next(4) == 0;
            model.Content.AsSpan((unit * Unit) + at, length).Fill(isZero ? (byte)0 : pattern);
            string fua = random.Next(5) == 0 ? "-f " : string.Empty;
            arguments.Add("-c");
            arguments.Add(
                isZero ? $"write {fua}-z {(unit * Unit) + at} {length}" : $"write {fua}-P {pattern} {(unit * Unit) + at} {length}");
            if (i % 10 == 9)
            {
                arguments.AddRange(["-c", isZero ? $"read -P 0 {(unit * Unit) + at} {length}"
                    : $"read -P {pattern} {(unit * Unit) + at} {length}", "-c", "flush"]);
            }
        }

        PeerResult result = PeerProcess.TryRun(PeerPrograms.QemuIO, [.. arguments, uri]);
        Assert.True(result.ExitCode == 0 && !result.Output.Contains("fail", StringComparison.OrdinalIgnoreCase), result.ToString());
    }

    private ChainModel MakeChain(int seed, string rootKind)
    {
        var model = new ChainModel(_folder, new Random(seed), 20_000, rootKind);
        for (int i = 0; i < 2; i++)
        {
            model.AddChild();
            model.WriteRandomly(20);
        }

        return model;
    }
}

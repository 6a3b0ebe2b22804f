using System.Diagnostics;
using System.Runtime.Versioning;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd;
using VhdPS.Tests.Crash;

namespace VhdPS.Tests.Nbd;

/// <summary>A process that serves a writable image is ended in the middle of writes; what it said was flushed must be there.</summary>
public sealed class KilledServerTests : IDisposable
{
    private const int UnitSize = 4096;
    private const int UnitCount = 1024;

    private static readonly int Kills = LongRun.Count(3, 200);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public void AKilledServerLosesNothingThatWasFlushed()
    {
        int flushCount = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            var random = new Random(kill);
            string path = MakeImage($"{kill}.vhd", 4096 << random.Next(6));
            using Process server = Serve(path, out NbdUri uri);

            // What a unit may hold: what it held when a flush was answered, and whatever was written since.
            var allowed = new HashSet<byte>[UnitCount];
            Array.Fill(allowed, [0]);
            using (RawClient client = RawClient.Use(uri, "disk", isStructured: false))
            {
                for (int rest = random.Next(20, 300); rest > 0; rest--)
                {
                    CommandFlags fua = random.Next(20) == 0 ? CommandFlags.ForceUnitAccess : CommandFlags.None;
                    if (random.Next(4) == 0)
                    {
                        Zero(client, random, allowed, fua);
                    }

                    (int unit, byte[] data) = NextWrite(random, allowed);
                    Assert.Equal(NbdError.None, client.Do(Command.Write, (ulong)(unit * UnitSize), UnitSize, fua, data).Error);
                    if (random.Next(8) == 0)
                    {
                        Assert.Equal(NbdError.None, client.Do(Command.Flush, 0, 0).Error);
                        flushCount++;
                        Settle(client, allowed);
                    }
                }

                // The end comes before, in or after these, which have no answer yet.
                for (int last = 0; last < 4; last++)
                {
                    (int unit, byte[] data) = NextWrite(random, allowed);
                    client.Begin(Command.Write, (ulong)(unit * UnitSize), UnitSize, 0, data);
                    client.Begin(Command.Flush, 0, 0);
                }

                Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 2));
                server.Kill();
            }

            server.WaitForExit();
            Directory.Delete(Path.GetDirectoryName(uri.SocketPath)!, recursive: true);
            AssertHolds(path, allowed, kill);
        }

        Assert.True(flushCount > Kills, $"{flushCount} flushes");
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public void AServerThatIsAskedToEndFlushesFirst()
    {
        string path = MakeImage("asked.vhd", 1 << 20);
        using Process server = Serve(path, out NbdUri uri);
        using (RawClient client = RawClient.Use(uri, "disk"))
        {
            Assert.Equal(NbdError.None, client.Do(Command.Write, 0, UnitSize, 0, Filled(7)).Error);
            using Process kill = Process.Start("kill", ["-TERM", server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
            bool hasEnded = server.WaitForExit(TimeSpan.FromMinutes(2));
            server.Kill();
            Assert.True(hasEnded, "the server did not end");
            Assert.True(client.WaitForEnd());
        }

        using VhdImage image = VhdImage.Open(path);
        byte[] unit = new byte[UnitSize];
        image.ReadSectors(0, unit);
        Assert.Equal(Filled(7), unit);
        Assert.False(File.Exists(uri.SocketPath));
    }

    private static (int Unit, byte[] Data) NextWrite(Random random, HashSet<byte>[] allowed)
    {
        int unit = random.Next(UnitCount);
        byte value = (byte)random.Next(1, 256);
        allowed[unit] = [.. allowed[unit], value];
        return (unit, Filled(value));
    }

    /// <summary>Zeroes or trims some units, most often whole blocks, which are given back.</summary>
    private static void Zero(RawClient client, Random random, HashSet<byte>[] allowed, CommandFlags flags)
    {
        int first = random.Next(UnitCount), count = Math.Min(UnitCount - first, random.Next(1, 40));
        if (random.Next(3) != 0)
        {
            count = 32 << random.Next(2);
            first -= first % count;
        }

        for (int unit = first; unit < first + count; unit++)
        {
            allowed[unit] = [.. allowed[unit], 0];
        }

        Command command = random.Next(2) == 0 ? Command.Trim : Command.WriteZeroes;
        NbdError error = client.Do(command, (ulong)(first * UnitSize), (uint)(count * UnitSize), flags).Error;
        Assert.Equal(NbdError.None, error);
    }

    private static byte[] Filled(byte value)
    {
        byte[] unit = new byte[UnitSize];
        Array.Fill(unit, value);
        return unit;
    }

    /// <summary>After a flush a unit may hold one value alone: the one that is read now.</summary>
    private static void Settle(RawClient client, HashSet<byte>[] allowed)
    {
        RawReply disk = client.Do(Command.Read, 0, UnitCount * UnitSize);
        for (int unit = 0; unit < UnitCount; unit++)
        {
            byte value = disk.Data[unit * UnitSize];
            Assert.Contains(value, allowed[unit]);
            allowed[unit] = [value];
        }
    }

    private static void AssertHolds(string path, HashSet<byte>[] allowed, int kill)
    {
        CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
        Assert.True(report.IsValid, $"kill {kill}: {string.Join('\n', report.Findings.Select(finding => finding.Describe()))}");
        using VhdImage image = VhdImage.Open(path);
        byte[] disk = new byte[UnitCount * UnitSize];
        image.ReadSectors(0, disk);
        for (int i = 0; i < disk.Length; i++)
        {
            Assert.True(allowed[i / UnitSize].Contains(disk[i]), $"kill {kill}: byte {i} is {disk[i]}");
        }
    }

    private static Process Serve(string path, out NbdUri uri)
    {
        Process server = WriterProcess.Start("serve", path);
        string? line = server.StandardOutput.ReadLine();
        Assert.True(line is not null, "the serving process ended by itself");
        uri = NbdUri.Parse(line!);
        return server;
    }

    private string MakeImage(string name, int blockSize)
    {
        string path = _folder[name];
        ImageCreator.Create(
            path, new NewImage(UnitCount * UnitSize) { BlockSize = blockSize, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        return path;
    }
}

using System.Diagnostics;
using System.Globalization;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Repair;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>A real process that writes sectors is killed in the middle; what it said was written must be there.</summary>
public sealed class KilledProcessTests(ITestOutputHelper output)
{
    private const int SectorCount = 4096;

    private static readonly int Kills = LongRun.Count(3, 200);

    [Fact]
    public void AKilledWriterLosesNothingThatItReported()
    {
        using var folder = new TempFolder();
        var random = new Random(99);
        int reported = 0, repaired = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            string path = folder[$"{kill}.vhd"];
            ImageCreator.Create(path, new NewImage(SectorCount * 512L)
            {
                BlockSize = 4096 << random.Next(5),
                UniqueId = Guid.NewGuid(),
                TimeStamp = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            });
            int seen = WriteUntilKilled(path, kill, random);
            reported += seen;
            CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
            Assert.True(report.IsValid, $"kill {kill}: {string.Join('\n', report.Findings.Select(finding => finding.Describe()))}");
            AssertWritten(path, kill, seen);
            repaired += RepairAndWrite(path) ? 1 : 0;
            File.Delete(path);
        }

        output.WriteLine($"{Kills} kills, {reported} reported writes, {repaired} images that needed repair before they took writes again");
    }

    private static int SectorOf(int kill, int index) => WriterProcess.SectorOf(kill, index, SectorCount);

    private static int WriteUntilKilled(string path, int kill, Random random)
    {
        using Process writer = WriterProcess.Start("scatter", path, $"{kill}");
        int last = -1;
        int enough = random.Next(1, 60);
        while (last < enough && writer.StandardOutput.ReadLine() is { } line)
        {
            last = int.Parse(line, CultureInfo.InvariantCulture);
        }

        Assert.True(last >= enough, "the writer ended by itself");
        Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 3));
        writer.Kill();
        while (writer.StandardOutput.ReadLine() is { } line)
        {
            last = int.TryParse(line, CultureInfo.InvariantCulture, out int number) ? number : last;
        }

        writer.WaitForExit();
        return last + 1;
    }

    private static void AssertWritten(string path, int kill, int count)
    {
        using VhdImage image = VhdImage.Open(path);
        byte[] disk = new byte[SectorCount * 512];
        for (int index = 0; index < count; index++)
        {
            disk.AsSpan(SectorOf(kill, index) * 512, WriterProcess.SectorsPerWrite * 512).Fill(WriterProcess.FillOf(index));
        }

        byte[] actual = new byte[disk.Length];
        image.ReadSectors(0, actual);
        int first = SectorOf(kill, count);
        for (int sector = 0; sector < SectorCount; sector++)
        {
            ReadOnlySpan<byte> expected = disk.AsSpan(sector * 512, 512), found = actual.AsSpan(sector * 512, 512);
            bool isInFlight = sector >= first && sector < first + WriterProcess.SectorsPerWrite
                && found.IndexOfAnyExcept(WriterProcess.FillOf(count)) < 0;
            Assert.True(isInFlight || found.SequenceEqual(expected), $"kill {kill}: sector {sector} lost one of {count} writes");
        }
    }

    /// <summary>Whether a repair was needed before the image took a write again.</summary>
    private static bool RepairAndWrite(string path)
    {
        bool isRepaired = false;
        using (LocalImageFile file = LocalImageFile.OpenWrite(path))
        {
            RepairPlan plan = RepairOperation.Plan(file);
            isRepaired = plan.HasChanges;
            RepairOperation.Run(file, plan, undo: null);
        }

        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(0, new byte[512]);
        return isRepaired;
    }
}

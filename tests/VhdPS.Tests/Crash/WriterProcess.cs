using System.Diagnostics;
using System.Globalization;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Engine.Operations.Convert;

namespace VhdPS.Tests.Crash;

/// <summary>This assembly as a process of its own that writes to an image, to be killed, kept off or limited.</summary>
internal static class WriterProcess
{
    public const int SectorsPerWrite = 8;
    public const int LongWriteBytes = 1 << 20;

    private static readonly string Host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? Environment.ProcessPath!
        : "dotnet";

    /// <summary>What starts it: the program and its first argument.</summary>
    public static readonly string[] Command = [Host, typeof(WriterProcess).Assembly.Location];

    /// <summary>Starts it with a verb and its arguments; its standard output can be read.</summary>
    public static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(Host, [.. Command[1..], .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    /// <summary>The sector that write number <paramref name="index"/> of a run goes to: scattered, so that most make a new block.</summary>
    public static int SectorOf(int run, int index, long sectorCount) =>
        (int)((((index + 1L) * 2_654_435_761L) + (run * 7919L)) % (sectorCount - SectorsPerWrite));

    /// <summary>Every byte of write number <paramref name="index"/>.</summary>
    public static byte FillOf(int index) => (byte)((index % 255) + 1);

    private static int Main(string[] args)
    {
        try
        {
            switch (args)
            {
                case ["scatter", string path, string run]:
                    Scatter(path, int.Parse(run, CultureInfo.InvariantCulture));
                    return 0;
                case ["hold", string path]:
                    Hold(path);
                    return 0;
                case ["fill", string path]:
                    Fill(path);
                    return 0;
                case ["serve", string path]:
                    Serve(path);
                    return 0;
                case ["change", string verb, string folder]:
                    WritingVerb.Find(verb).Run(folder);
                    return 0;
                case ["cycle", string folder, string seed]:
                    WritingCycle.Run(folder, int.Parse(seed, CultureInfo.InvariantCulture));
                    return 0;
                case ["read", string path]:
                    Read(path);
                    return 0;
                case ["new", string folder, string how]:
                    NewImages.Make(folder, sync: how == "synced");
                    return 0;
                case ["unread", string source, string target, string how]:
                    ConvertUnread(source, target, shares: how == "shared");
                    return 0;
                case ["forest", string folder]:
                    Console.Out.WriteLine(ChainForest.Read(folder, recurse: false).Count);
                    return 0;
                case ["write-twice", string path]:
                    WriteTwice(path);
                    return 0;
                default:
                    Console.Error.WriteLine(
                        "The tests start this: scatter PATH RUN, hold PATH, fill PATH, serve PATH, change VERB FOLDER, cycle FOLDER "
                            + "SEED, read PATH, new FOLDER synced|unsynced, forest FOLDER, write-twice PATH, "
                            + "unread SOURCE TARGET shared|copied. " +
                        "Run them by: dotnet test");
                    return 2;
            }
        }
        catch (Exception error) when (error is ImageIOException or ImageAccessException)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    /// <summary>Writes here and there without end, and reports the number of each write that has been flushed.</summary>
    private static void Scatter(string path, int run)
    {
        byte[] data = new byte[SectorsPerWrite * 512];
        for (int index = 0; ; index++)
        {
            data.AsSpan().Fill(FillOf(index));
            using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
            {
                image.WriteSectors(SectorOf(run, index, image.SectorCount), data);
                image.Flush();
            }

            Console.Out.WriteLine(index);
        }
    }

    /// <summary>Writes one sector, reports it, and keeps the image open.</summary>
    private static void Hold(string path)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(0, new byte[512]);
        Console.Out.WriteLine("open");
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Serves the image over NBD, reports its address, and goes on until it is killed.</summary>
    private static void Serve(string path)
    {
        VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        var export = new NbdExport("disk", new ImageExport(image));
        NbdServer server = NbdServer.Start([export], null);
        Console.Out.WriteLine(server.UriOf(export).ToString());
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Reads the whole file with one call, and reports how much that gave and all bytes.</summary>
    private static void Read(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        byte[] bytes = new byte[file.Length];
        Console.Out.WriteLine(file.ReadAt(0, bytes).ToString(CultureInfo.InvariantCulture));
        Console.Out.WriteLine(Convert.ToHexString(bytes));
    }

    /// <summary>Converts an image into a dynamic one without looking for zeros.</summary>
    private static void ConvertUnread(string source, string target, bool shares)
    {
        using var operation = ConvertOperation.Begin(new ConvertOptions(source, target)
        {
            FindZeros = false,
            ShareExtents = shares,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DateTime.UnixEpoch.AddYears(40),
        });
        operation.Run();
    }

    /// <summary>Writes a new file by one call, and the same bytes over it by another.</summary>
    private static void WriteTwice(string path)
    {
        byte[] data = new byte[LongWriteBytes];
        data.AsSpan().Fill(7);
        using (var file = LocalImageFile.CreateNew(path))
        {
            file.WriteAt(0, data);
        }

        using var written = LocalImageFile.OpenWrite(path);
        written.WriteAt(0, data);
    }

    /// <summary>Writes the whole disk.</summary>
    private static void Fill(string path)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        byte[] data = new byte[64 * 1024];
        data.AsSpan().Fill(7);
        for (long sector = 0; sector < image.SectorCount; sector += data.Length / 512)
        {
            image.WriteSectors(sector, data);
        }

        image.Flush();
    }
}
